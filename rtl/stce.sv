// The systolic N:M tensor engine: operand buffers, R x C elements, result buffer, control; docs/architecture/contract.md §5.
//
// Every way from a command to an element takes three cycles (buffer read, word select, input register of the first element) plus one
// cycle a column and D_r cycles down the rows, so that words and slots from the west meet pairs, drains and partial sums from the
// north. Commands go down the west edge through one `row_delay` a row.
`default_nettype none

module stce #(
    /// Array rows, a power of two.
    parameter int unsigned R = 4,
    /// Array columns, a power of two of at least 4, at most 32*CH.
    parameter int unsigned C = 4,
    /// Largest group size.
    parameter int unsigned MAXM = 8,
    /// Accumulator slots of a bank, a power of two from 2 to 16. An operation has MAX_ROW_SLOTS row slots at most.
    parameter int unsigned S = 8,
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Lines of a row's west buffer.
    parameter int unsigned WD = 128,
    /// Lines of the north value buffer.
    parameter int unsigned NVD = 256,
    /// Lines of the north index buffer.
    parameter int unsigned NID = 128,
    /// Result buffer addresses, a power of two: addresses count modulo RD.
    parameter int unsigned RD = 1024
) (
    /// Clock.
    input  wire logic                       clk_i,
    /// Synchronous reset, active low.
    input  wire logic                       rst_ni,
    /// Dispatch where both are 1.
    input  wire logic                       op_valid_i,
    output logic                            op_ready_o,
    /// Register i in bits 40*i +: 40.
    input  wire logic [32*40-1:0]           op_params_i,
    /// Flags of the ISA.
    input  wire logic [15:0]                op_flags_i,
    /// The oldest operation releases its operands.
    output logic                            release_o,
    /// The oldest operation ends.
    output logic                            done_o,
    /// PE(0,0) has had a MAC slot in the cycle before.
    output logic                            mac_slot_o,
    /// LOAD writes a piece (docs/architecture/rtl-ports.md).
    input  wire logic                       wr_valid_i,
    input  wire logic [2:0]                 wr_kind_i,
    input  wire logic [512*CH-1:0]          wr_data_i,
    input  wire logic [8*CH-1:0]            wr_lane_en_i,
    input  wire logic [15:0]                wr_line_i,
    input  wire logic [$clog2(8*CH)-1:0]    wr_first_lane_i,
    input  wire logic [$clog2(R)-1:0]       wr_row_i,
    input  wire logic [15:0]                wr_spread_word_i,
    input  wire logic [7:0]                 wr_group_words_i,
    /// STORE reads results.
    input  wire logic                       rd_valid_i,
    input  wire logic [15:0]                rd_addr_i,
    /// Two cycles later: block k is result address rd_addr_i + k, column c in bits 32*(k*C+c) +: 32.
    output logic [32*C*((64*CH)/(2*C) > 1 ? (64*CH)/(2*C) : 1)-1:0] rd_data_o
);
  localparam int unsigned B = (64 * CH) / (2 * C) > 1 ? (64 * CH) / (2 * C) : 1;
  localparam int unsigned LW = 8 * CH;
  localparam int unsigned ROW_BITS = $clog2(R);
  localparam int unsigned SLOT_BITS = $clog2(S) + 1;
  localparam int unsigned WEIGHT_BITS = $clog2(MAXM) + 1;
  localparam int unsigned PLACE_BITS = SLOT_BITS > WEIGHT_BITS ? SLOT_BITS : WEIGHT_BITS;
  localparam int unsigned ROW_SLOTS = S < sat_isa::T_MAX_ROW_SLOTS ? S : sat_isa::T_MAX_ROW_SLOTS;
  localparam int unsigned FEED_BITS = $clog2(ROW_SLOTS * MAXM / 4);
  localparam int unsigned ADDRESS_BITS = FEED_BITS + 1;
  localparam int unsigned VALUE_UNITS = LW * 4 / C;   // units of C values in a line
  localparam int unsigned INDEX_UNITS = LW * 16 / C;  // units of C nibbles in a line
  localparam int unsigned VALUE_BITS = $clog2(VALUE_UNITS);
  localparam int unsigned INDEX_BITS = $clog2(INDEX_UNITS);
  localparam int unsigned OS_TARGET_DELAY = R + 2;  // from a drain slot's command to two cycles before its value is written
  localparam int unsigned WS_TARGET_DELAY = sat_isa::T_WS_LATENCY - 4;  // the same from the last row's MAC slot
  localparam int unsigned RING = (MAXM - 1) * (ROW_SLOTS > sat_isa::T_ACC_INTERVAL ? ROW_SLOTS : sat_isa::T_ACC_INTERVAL) + sat_isa::T_WS_HOP - 1;
  localparam int unsigned RING_BITS = $clog2(RING);

  if ((R & (R - 1)) != 0 || (C & (C - 1)) != 0 || C < 4 || C > 32 * CH || (S & (S - 1)) != 0 || R < 2 || S < 2 || S > 16
      || (RD & (RD - 1)) != 0) begin : gen_check
    // C: units of C values and indices fill a line of the north buffers and are found by shifts, as are elements and banks in
    // STORE's lines. R: row s*R + r of a tile is a concatenation. S and RD wrap around. S: a slot's number has at least one bit.
    $error("stce: R, C, S and RD must be powers of two (lines are cut into units of C by shifts), R >= 2, 4 <= C <= 32*CH, 2 <= S <= 16");
  end

  // ---- control --------------------------------------------------------------------------------------------------
  logic ring, ring_turned;
  logic [RING_BITS-1:0] ring_pointer;
  logic fd_valid, fd_final;
  logic [15:0] fd_line, fd_word;
  logic [2:0] fd_step;
  logic fd_turned;
  logic [1:0] fd_element;
  logic [ADDRESS_BITS-1:0] fd_address;
  logic m_valid, m_first, m_ws, m_half, m_sum, m_end;
  logic [FEED_BITS-1:0] m_word;
  logic [SLOT_BITS-1:0] m_slot;
  logic [WEIGHT_BITS-1:0] m_weight;
  logic [19:0] n_value_unit, n_index_unit;
  logic n_dense, n_zero;
  logic [3:0] n_pair;
  logic d_valid, d_load, o_valid, o_fp16, p_valid, t_fed, t_sum, t_end, t_fp16;
  logic [ROW_BITS-1:0] d_row;
  logic [PLACE_BITS-1:0] d_place;
  logic [15:0] o_addr, p_addr, t_addr;
  stce_control #(.R(R), .C(C), .MAXM(MAXM), .S(S), .ADDRESS_BITS(ADDRESS_BITS), .PLACE_BITS(PLACE_BITS), .RING(RING)) control (
      .clk_i(clk_i), .rst_ni(rst_ni), .op_valid_i(op_valid_i), .op_ready_o(op_ready_o), .op_params_i(op_params_i),
      .op_flags_i(op_flags_i), .release_o(release_o), .done_o(done_o), .ring_o(ring), .ring_turned_o(ring_turned),
      .ring_pointer_o(ring_pointer), .fd_valid_o(fd_valid), .fd_final_o(fd_final), .fd_line_o(fd_line),
      .fd_word_o(fd_word), .fd_step_o(fd_step), .fd_turned_o(fd_turned), .fd_element_o(fd_element),
      .fd_address_o(fd_address), .m_valid_o(m_valid), .m_first_o(m_first), .m_ws_o(m_ws), .m_half_o(m_half),
      .m_word_o(m_word), .m_slot_o(m_slot), .m_weight_o(m_weight), .m_sum_o(m_sum),
      .m_end_o(m_end), .n_value_unit_o(n_value_unit), .n_index_unit_o(n_index_unit), .n_dense_o(n_dense),
      .n_pair_o(n_pair), .n_zero_o(n_zero), .d_valid_o(d_valid), .d_load_o(d_load), .d_row_o(d_row),
      .d_place_o(d_place), .o_valid_o(o_valid), .o_fp16_o(o_fp16), .o_addr_o(o_addr), .p_valid_o(p_valid),
      .p_addr_o(p_addr), .t_fed_i(t_fed), .t_sum_i(t_sum), .t_end_i(t_end), .t_addr_o(t_addr), .t_fp16_o(t_fp16));

  // ---- west -----------------------------------------------------------------------------------------------------
  // Feed commands go to the rows as they are given; MAC slots two cycles later, when the buffers have answered.
  localparam int unsigned MAC_WIDTH = 4 + FEED_BITS + SLOT_BITS + WEIGHT_BITS;  // without valid and end
  localparam int unsigned FEED_WIDTH = 16 + 16 + 3 + 1 + 2 + ADDRESS_BITS;
  logic [MAC_WIDTH+1:0] mac1_q, mac2_q;
  assign mac_slot_o = mac1_q[MAC_WIDTH+1];
  always_ff @(posedge clk_i) begin
    mac1_q <= {rst_ni && m_valid, rst_ni && m_end, m_first, m_ws, m_half, m_sum, m_word, m_slot,
               m_weight};
    mac2_q <= {rst_ni && mac1_q[MAC_WIDTH+1], rst_ni && mac1_q[MAC_WIDTH], mac1_q[MAC_WIDTH-1:0]};
  end

  logic wr_quads;
  assign wr_quads = wr_kind_i == 3'd5;  // WEST_QUADS
  logic [1:0] group_shift;
  assign group_shift = wr_group_words_i[2] ? 2'd2 : wr_group_words_i[1] ? 2'd1 : 2'd0;
  localparam int unsigned TARGET_BITS = R < 4 ? 3 : ROW_BITS + 1;
  logic [TARGET_BITS*LW-1:0] wr_rows;
  west_lanes #(.R(R), .LANES(LW)) lanes (
      .enable_i(wr_valid_i && (wr_kind_i < 3'd2 || wr_quads) ? wr_lane_en_i : '0), .spread_i(wr_kind_i[0]), .quads_i(wr_quads), .first_lane_i(wr_first_lane_i), .row_i(wr_row_i),
      .spread_word_i(wr_spread_word_i), .group_shift_i(group_shift), .rows_o(wr_rows));

  // The line of every lane is worked out once for every eight rows, so that the 14 nets of the first word's line and lane cross
  // from region to region (docs/synthesis.md: 8 and 16 rows a region) and not the 288 of all lanes' lines. Beside them cross the
  // data's 2,048 and the 192 of `west_lanes`. For the numbers: 32 lanes, 512 lines.
  localparam int unsigned SHARE = 8;
  localparam int unsigned SHARES = (R + SHARE - 1) / SHARE;
  localparam int unsigned WEST_BITS = $clog2(WD);
  localparam int unsigned LINES_WIDTH = LW * WEST_BITS;
  logic [LINES_WIDTH*SHARES-1:0] wr_lines;
  for (genvar s = 0; s < SHARES; s++) begin : gen_lines
    lane_lines #(.LANES(LW), .BITS(WEST_BITS)) west (
        .line_i(wr_line_i[WEST_BITS-1:0]), .first_lane_i(wr_first_lane_i), .lines_o(wr_lines[LINES_WIDTH*s+:LINES_WIDTH]));
  end

  logic [R-1:0] rings, turns;
  logic [RING_BITS*R-1:0] pointers;
  logic [4*R-1:0] flags;  // feed valid and final, MAC slot valid and end
  logic [FEED_WIDTH*R-1:0] feeds;
  logic [MAC_WIDTH*R-1:0] macs;
  logic [4*R-1:0] row_enable;
  logic [ADDRESS_BITS*R-1:0] row_address;
  logic [64*R-1:0] row_data;
  assign rings[0] = ring;
  assign turns[0] = ring_turned;
  assign pointers[RING_BITS-1:0] = ring_pointer;
  assign flags[3:0] = {fd_valid, fd_final, mac2_q[MAC_WIDTH+1:MAC_WIDTH]};
  assign feeds[FEED_WIDTH-1:0] = {fd_line, fd_word, fd_step, fd_turned, fd_element, fd_address};
  assign macs[MAC_WIDTH-1:0] = mac2_q[MAC_WIDTH-1:0];
  assign t_fed = flags[4*(R-1)+2];
  assign t_sum = flags[4*(R-1)+1] && macs[MAC_WIDTH*R-4];
  assign t_end = flags[4*(R-1)];
  for (genvar r = 0; r < R; r++) begin : gen_west
    logic [15:0] line, row_word;
    logic [2:0] step;
    logic turned;
    logic [1:0] element;
    logic [ADDRESS_BITS-1:0] address;
    assign {line, row_word, step, turned, element, address} = feeds[FEED_WIDTH*r+:FEED_WIDTH];
    logic unused;
    assign unused = &{1'b0, step};
    west_row #(.ROW(r), .R(R), .LANES(LW), .DEPTH(WD), .ADDRESS_BITS(ADDRESS_BITS)) row (
        .clk_i(clk_i), .rst_ni(rst_ni), .wr_data_i(wr_data_i), .wr_lines_i(wr_lines[LINES_WIDTH*(r/SHARE)+:LINES_WIDTH]),
        .wr_rows_i(wr_rows), .fd_valid_i(flags[4*r+3]), .fd_line_i(line), .fd_word_i(row_word),
        .fd_turned_i(turned), .fd_element_i(element), .fd_address_i(address), .w_enable_o(row_enable[4*r+:4]),
        .w_address_o(row_address[ADDRESS_BITS*r+:ADDRESS_BITS]), .w_data_o(row_data[64*r+:64]));
    if (r + 1 < R) begin : gen_delay
      row_delay #(.FLAGS(4), .WIDTH(FEED_WIDTH + MAC_WIDTH), .DEPTH(RING)) hop (
          .clk_i(clk_i), .rst_ni(rst_ni), .ring_i(rings[r]), .turned_i(turns[r]),
          .pointer_i(pointers[RING_BITS*r+:RING_BITS]), .flags_i(flags[4*r+:4]),
          .data_i({line, row_word + {13'd0, step}, step, turned, element, address, macs[MAC_WIDTH*r+:MAC_WIDTH]}),
          .ring_o(rings[r+1]), .turned_o(turns[r+1]), .pointer_o(pointers[RING_BITS*(r+1)+:RING_BITS]),
          .flags_o(flags[4*(r+1)+:4]),
          .data_o({feeds[FEED_WIDTH*(r+1)+:FEED_WIDTH], macs[MAC_WIDTH*(r+1)+:MAC_WIDTH]}));
    end
  end

  // ---- north ----------------------------------------------------------------------------------------------------
  localparam int unsigned VALUE_LINE_BITS = $clog2(NVD);
  localparam int unsigned INDEX_LINE_BITS = $clog2(NID);
  logic [64*LW-1:0] value_line, index_line;
  logic [LW*VALUE_LINE_BITS-1:0] value_lines;
  logic [LW*INDEX_LINE_BITS-1:0] index_lines;
  lane_lines #(.LANES(LW), .BITS(VALUE_LINE_BITS)) value_target (
      .line_i(wr_line_i[VALUE_LINE_BITS-1:0]), .first_lane_i(wr_first_lane_i), .lines_o(value_lines));
  lane_lines #(.LANES(LW), .BITS(INDEX_LINE_BITS)) index_target (
      .line_i(wr_line_i[INDEX_LINE_BITS-1:0]), .first_lane_i(wr_first_lane_i), .lines_o(index_lines));
  lane_memory #(.LANES(LW), .DEPTH(NVD)) values (
      .clk_i(clk_i), .wr_data_i(wr_data_i), .wr_lane_en_i(wr_valid_i && wr_kind_i == 3'd2 ? wr_lane_en_i : '0),
      .wr_lines_i(value_lines), .rd_line_i(16'(n_value_unit >> VALUE_BITS)),
      .rd_lane_en_i('1), .rd_data_o(value_line));
  lane_memory #(.LANES(LW), .DEPTH(NID)) indices (
      .clk_i(clk_i), .wr_data_i(wr_data_i), .wr_lane_en_i(wr_valid_i && wr_kind_i == 3'd3 ? wr_lane_en_i : '0),
      .wr_lines_i(index_lines), .rd_line_i(16'(n_index_unit >> INDEX_BITS)),
      .rd_lane_en_i('1), .rd_data_o(index_line));

  // Drain and load slots beside the two cycles of the buffers.
  localparam int unsigned SLOT_WIDTH = 2 + ROW_BITS + PLACE_BITS;
  logic [SLOT_WIDTH-1:0] slot1_q, slot2_q;
  logic dense1_q, zero1_q;
  logic [3:0] pair1_q;
  logic [19:0] value_select_q, index_select_q;
  logic [16*C-1:0] values2_q;
  logic [4*C-1:0] indices2_q;
  always_ff @(posedge clk_i) begin
    slot1_q <= {rst_ni && d_valid, d_load, d_row, d_place};
    dense1_q <= n_dense;
    zero1_q <= n_zero;
    pair1_q <= n_pair;
    value_select_q <= n_value_unit & 20'(VALUE_UNITS - 1);
    index_select_q <= n_index_unit & 20'(INDEX_UNITS - 1);
    slot2_q <= {rst_ni && slot1_q[SLOT_WIDTH-1], slot1_q[SLOT_WIDTH-2:0]};
    values2_q <= zero1_q ? '0 : value_line[16*C*value_select_q+:16*C];
    indices2_q <= dense1_q ? {C{pair1_q}} : index_line[4*C*index_select_q+:4*C];
  end

  // Column c is c cycles behind column 0: slots pass from column to column, operands wait in their own column.
  logic [SLOT_WIDTH*C-1:0] column_slot;
  logic [16*C-1:0] column_value;
  logic [4*C-1:0] column_index;
  assign column_slot[SLOT_WIDTH-1:0] = slot2_q;
  assign column_value[15:0] = values2_q[15:0];
  assign column_index[3:0] = indices2_q[3:0];
  for (genvar c = 1; c < C; c++) begin : gen_skew
    logic [SLOT_WIDTH-1:0] slot_q;
    logic [20*c-1:0] operand_q;
    always_ff @(posedge clk_i) begin
      slot_q <= column_slot[SLOT_WIDTH*(c-1)+:SLOT_WIDTH];
    end
    if (c == 1) begin : gen_one
      always_ff @(posedge clk_i) operand_q <= {values2_q[16*c+:16], indices2_q[4*c+:4]};
    end else begin : gen_more
      always_ff @(posedge clk_i) operand_q <= {operand_q[20*(c-1)-1:0], values2_q[16*c+:16], indices2_q[4*c+:4]};
    end
    assign column_slot[SLOT_WIDTH*c+:SLOT_WIDTH] = slot_q;
    assign {column_value[16*c+:16], column_index[4*c+:4]} = operand_q[20*(c-1)+:20];
  end

  // ---- array ----------------------------------------------------------------------------------------------------
  // Position (r, c) takes words and MAC slots from (r, c-1), the rest from (r-1, c). Operands enter as normal FP16.
  logic [4*R*(C+1)-1:0] wv;
  logic [ADDRESS_BITS*R*(C+1)-1:0] wa;
  logic [68*R*(C+1)-1:0] wd;
  logic [R*(C+1)-1:0] mv;
  logic [MAC_WIDTH*R*(C+1)-1:0] mf;
  logic [SLOT_WIDTH*(R+1)*C-1:0] ns;
  logic [4*(R+1)*C-1:0] ni;
  logic [17*(R+1)*C-1:0] nv;
  logic [32*(R+1)*C-1:0] nd;
  for (genvar r = 0; r < R; r++) begin : gen_row
    assign wv[4*r*(C+1)+:4] = row_enable[4*r+:4];
    assign wa[ADDRESS_BITS*r*(C+1)+:ADDRESS_BITS] = row_address[ADDRESS_BITS*r+:ADDRESS_BITS];
    for (genvar i = 0; i < 4; i++) begin : gen_element
      fp16_normal element (.x_i(row_data[64*r+16*i+:16]), .y_o(wd[68*r*(C+1)+17*i+:17]));
    end
    assign mv[r*(C+1)] = flags[4*r+1];
    assign mf[MAC_WIDTH*r*(C+1)+:MAC_WIDTH] = macs[MAC_WIDTH*r+:MAC_WIDTH];
    for (genvar c = 0; c < C; c++) begin : gen_column
      localparam int unsigned W = r * (C + 1) + c;
      localparam int unsigned N = r * C + c;
      localparam int unsigned Z = (r + 1) * C + c;
      logic first, ws, half, sum;
      logic [FEED_BITS-1:0] word;
      logic [SLOT_BITS-1:0] slot;
      logic [WEIGHT_BITS-1:0] weight;
      assign {first, ws, half, sum, word, slot, weight} = mf[MAC_WIDTH*W+:MAC_WIDTH];
      logic east_first, east_ws, east_half;
      logic [FEED_BITS-1:0] east_word;
      logic [SLOT_BITS-1:0] east_slot;
      logic [WEIGHT_BITS-1:0] east_weight;
      assign mf[MAC_WIDTH*(W+1)+:MAC_WIDTH] = {east_first, east_ws, east_half, 1'b0, east_word, east_slot,
                                               east_weight};
      uspe #(.MAXM(MAXM), .S(S), .ROW_SLOTS(ROW_SLOTS), .ROW_BITS(ROW_BITS), .PLACE_BITS(PLACE_BITS)) pe (
          .clk_i(clk_i), .rst_ni(rst_ni), .w_enable_i(wv[4*W+:4]), .w_address_i(wa[ADDRESS_BITS*W+:ADDRESS_BITS]),
          .w_data_i(wd[68*W+:68]), .m_valid_i(mv[W]), .m_first_i(first), .m_ws_i(ws), .m_half_i(half),
          .m_word_i(word), .m_slot_i(slot),
          .m_weight_i(weight), .w_enable_o(wv[4*(W+1)+:4]), .w_address_o(wa[ADDRESS_BITS*(W+1)+:ADDRESS_BITS]),
          .w_data_o(wd[68*(W+1)+:68]), .m_valid_o(mv[W+1]), .m_first_o(east_first), .m_ws_o(east_ws),
          .m_half_o(east_half), .m_word_o(east_word), .m_slot_o(east_slot), .m_weight_o(east_weight),
          .n_value_i(nv[17*N+:17]), .n_index_i(ni[4*N+:4]), .d_valid_i(ns[SLOT_WIDTH*(N+1)-1]),
          .d_load_i(ns[SLOT_WIDTH*(N+1)-2]), .d_row_i(ns[SLOT_WIDTH*N+PLACE_BITS+:ROW_BITS]),
          .d_place_i(ns[SLOT_WIDTH*N+:PLACE_BITS]), .d_data_i(nd[32*N+:32]), .n_value_o(nv[17*Z+:17]),
          .n_index_o(ni[4*Z+:4]), .d_valid_o(ns[SLOT_WIDTH*(Z+1)-1]), .d_load_o(ns[SLOT_WIDTH*(Z+1)-2]),
          .d_row_o(ns[SLOT_WIDTH*Z+PLACE_BITS+:ROW_BITS]), .d_place_o(ns[SLOT_WIDTH*Z+:PLACE_BITS]),
          .d_data_o(nd[32*Z+:32]));
      logic unused;
      assign unused = &{1'b0, sum};
    end
  end
  assign ns[SLOT_WIDTH*C-1:0] = column_slot;
  assign ni[4*C-1:0] = column_index;
  for (genvar c = 0; c < C; c++) begin : gen_value
    fp16_normal value (.x_i(column_value[16*c+:16]), .y_o(nv[17*c+:17]));
  end

  // ---- results --------------------------------------------------------------------------------------------------
  // Where a value goes waits until it has come down the array: valid, FP16, address.
  logic [18*OS_TARGET_DELAY-1:0] os_target_q;
  logic [18*WS_TARGET_DELAY-1:0] ws_target_q;
  logic [17:0] next_q;
  // Where a partial sum comes from waits until its slot needs it: valid, address.
  logic [17*4-1:0] partial_q;
  always_ff @(posedge clk_i) begin
    os_target_q <= {os_target_q[18*(OS_TARGET_DELAY-1)-1:0], rst_ni && o_valid, o_fp16, o_addr};
    ws_target_q <= {ws_target_q[18*(WS_TARGET_DELAY-1)-1:0], rst_ni && t_sum, t_fp16, t_addr};
    next_q <= ws_target_q[18*WS_TARGET_DELAY-1] ? ws_target_q[18*(WS_TARGET_DELAY-1)+:18]
                                                : os_target_q[18*(OS_TARGET_DELAY-1)+:18];
    partial_q <= {partial_q[17*3-1:0], p_valid, p_addr};
  end
  logic [18*(C+1)-1:0] target;
  logic [17*(C+1)-1:0] partial;
  logic [17:0] target_first_q;
  always_ff @(posedge clk_i) target_first_q <= next_q;
  assign target[17:0] = target_first_q;
  assign partial[16:0] = partial_q[17*3+:17];
  for (genvar c = 0; c < C; c++) begin : gen_result
    logic [31:0] raw_q, result_q, sum;
    logic [15:0] half;
    logic [17:0] target_q;
    logic [16:0] start_q;
    logic to_fp16;
    fp32_to_fp16 convert (.x_i(raw_q), .y_o(half));
    // The format is needed a cycle before the address: when the value is converted.
    if (c == 0) begin : gen_first
      assign to_fp16 = next_q[16];
    end else begin : gen_next
      assign to_fp16 = target[18*(c-1)+16];
    end
    always_ff @(posedge clk_i) begin
      raw_q <= nd[32*(R*C+c)+:32];
      result_q <= to_fp16 ? {16'd0, half} : raw_q;
      target_q <= target[18*c+:18];
      start_q <= partial[17*c+:17];
    end
    assign target[18*(c+1)+:18] = target_q;
    assign partial[17*(c+1)+:17] = start_q;
    assign nd[32*c+:32] = start_q[16] ? sum : 32'd0;
    logic [32*B-1:0] read;
    result_column #(.DEPTH(RD), .B(B)) column (
        .clk_i(clk_i), .wr_valid_i(target[18*c+17]), .wr_addr_i(target[18*c+:16]), .wr_data_i(result_q),
        .rd_addr_i(rd_addr_i), .rd_data_o(read), .ps_addr_i(partial[17*c+:16]), .ps_data_o(sum));
    for (genvar k = 0; k < B; k++) begin : gen_block
      assign rd_data_o[32*(k*C+c)+:32] = read[32*k+:32];
    end
  end

  logic unused;
  assign unused = &{1'b0, rd_valid_i, wr_line_i, wr_group_words_i, rings[R-1], turns[R-1], pointers[RING_BITS*(R-1)+:RING_BITS],
                    wv, wa, wd, mv, mf, ns, ni, nv, target[18*C+:18], partial[17*C+:17]};
endmodule

`default_nettype wire
