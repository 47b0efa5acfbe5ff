// The systolic N:M tensor engine: operand buffers, R x C elements, result buffer, control; docs/architecture/contract.md §5.
//
// Every way from a command to an element takes three cycles (buffer read, word select, input register of the first element) plus one
// cycle a row and a column, so that words from the west and slots from the north meet. Output-stationary operations only: one with the WS flag is never
// ready, and sat_core ends the program with an error.
`default_nettype none

module stce #(
    /// Array rows, a power of two.
    parameter int unsigned R = 4,
    /// Array columns, a power of two of at least 4, at most 32*CH.
    parameter int unsigned C = 4,
    /// Largest group size.
    parameter int unsigned MAXM = 8,
    /// Accumulator slots of a bank, a power of two.
    parameter int unsigned S = 8,
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Lines of a row's west buffer.
    parameter int unsigned WD = 128,
    /// Lines of the north value buffer.
    parameter int unsigned NVD = 256,
    /// Lines of the north index buffer.
    parameter int unsigned NID = 128,
    /// Result buffer addresses.
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
  localparam int unsigned FEED_BITS = $clog2(S * MAXM / 4);
  localparam int unsigned ADDRESS_BITS = FEED_BITS + 1;
  localparam int unsigned VALUE_UNITS = LW * 4 / C;   // units of C values in a line
  localparam int unsigned INDEX_UNITS = LW * 16 / C;  // units of C nibbles in a line
  localparam int unsigned VALUE_BITS = $clog2(VALUE_UNITS);
  localparam int unsigned INDEX_BITS = $clog2(INDEX_UNITS);
  localparam int unsigned ADDRESS_DELAY = R + 4;

  if ((R & (R - 1)) != 0 || (C & (C - 1)) != 0 || C < 4 || C > 32 * CH || (S & (S - 1)) != 0 || R < 2) begin : gen_check
    $error("stce: R, C and S must be powers of two, 4 <= C <= 32*CH");
  end

  // ---- control --------------------------------------------------------------------------------------------------
  logic fd_valid, fd_transposed;
  logic [15:0] fd_line, fd_word;
  logic [ADDRESS_BITS-1:0] fd_address;
  logic m_valid, m_first, m_transposed, m_quad_shift, m_half, m_dense;
  logic [FEED_BITS-1:0] m_word;
  logic [1:0] m_element;
  logic [SLOT_BITS-1:0] m_slot;
  logic [3:0] m_pair;
  logic [19:0] m_value_unit, m_index_unit;
  logic d_valid, d_fp16;
  logic [ROW_BITS-1:0] d_row;
  logic [SLOT_BITS-1:0] d_slot;
  logic [15:0] d_addr;
  stce_control #(.R(R), .C(C), .S(S), .ADDRESS_BITS(ADDRESS_BITS)) control (
      .clk_i(clk_i), .rst_ni(rst_ni), .op_valid_i(op_valid_i), .op_ready_o(op_ready_o), .op_params_i(op_params_i),
      .op_flags_i(op_flags_i), .release_o(release_o), .done_o(done_o), .fd_valid_o(fd_valid),
      .fd_transposed_o(fd_transposed), .fd_line_o(fd_line), .fd_word_o(fd_word), .fd_address_o(fd_address),
      .m_valid_o(m_valid), .m_first_o(m_first), .m_transposed_o(m_transposed), .m_quad_shift_o(m_quad_shift),
      .m_half_o(m_half), .m_word_o(m_word), .m_element_o(m_element), .m_slot_o(m_slot), .m_dense_o(m_dense),
      .m_pair_o(m_pair), .m_value_unit_o(m_value_unit), .m_index_unit_o(m_index_unit), .d_valid_o(d_valid),
      .d_row_o(d_row), .d_slot_o(d_slot), .d_addr_o(d_addr), .d_fp16_o(d_fp16));

  // ---- west -----------------------------------------------------------------------------------------------------
  logic [1:0] group_shift;
  assign group_shift = wr_group_words_i[2] ? 2'd2 : wr_group_words_i[1] ? 2'd1 : 2'd0;
  logic [R:0] fdv, fdt;
  logic [16*(R+1)-1:0] fdl, fdw;
  logic [ADDRESS_BITS*(R+1)-1:0] fda;
  logic [R-1:0] row_valid;
  logic [ADDRESS_BITS*R-1:0] row_address;
  logic [64*R-1:0] row_data;
  assign fdv[0] = fd_valid;
  assign fdt[0] = fd_transposed;
  assign fdl[15:0] = fd_line;
  assign fdw[15:0] = fd_word;
  assign fda[ADDRESS_BITS-1:0] = fd_address;
  for (genvar r = 0; r < R; r++) begin : gen_west
    west_row #(.ROW(r), .R(R), .LANES(LW), .DEPTH(WD), .ADDRESS_BITS(ADDRESS_BITS)) row (
        .clk_i(clk_i), .rst_ni(rst_ni), .wr_valid_i(wr_valid_i && wr_kind_i < 3'd2), .wr_spread_i(wr_kind_i[0]),
        .wr_data_i(wr_data_i), .wr_lane_en_i(wr_lane_en_i), .wr_line_i(wr_line_i),
        .wr_first_lane_i(wr_first_lane_i), .wr_row_i(wr_row_i), .wr_spread_word_i(wr_spread_word_i),
        .wr_group_shift_i(group_shift), .fd_valid_i(fdv[r]), .fd_transposed_i(fdt[r]), .fd_line_i(fdl[16*r+:16]),
        .fd_word_i(fdw[16*r+:16]), .fd_address_i(fda[ADDRESS_BITS*r+:ADDRESS_BITS]), .fd_valid_o(fdv[r+1]),
        .fd_transposed_o(fdt[r+1]), .fd_line_o(fdl[16*(r+1)+:16]), .fd_word_o(fdw[16*(r+1)+:16]),
        .fd_address_o(fda[ADDRESS_BITS*(r+1)+:ADDRESS_BITS]), .w_valid_o(row_valid[r]),
        .w_address_o(row_address[ADDRESS_BITS*r+:ADDRESS_BITS]), .w_data_o(row_data[64*r+:64]));
  end

  // ---- north ----------------------------------------------------------------------------------------------------
  logic [64*LW-1:0] value_line, index_line;
  lane_memory #(.LANES(LW), .DEPTH(NVD)) values (
      .clk_i(clk_i), .wr_valid_i(wr_valid_i && wr_kind_i == 3'd2), .wr_data_i(wr_data_i), .wr_lane_en_i(wr_lane_en_i),
      .wr_line_i(wr_line_i), .wr_first_lane_i(wr_first_lane_i), .rd_line_i(16'(m_value_unit >> VALUE_BITS)),
      .rd_data_o(value_line));
  lane_memory #(.LANES(LW), .DEPTH(NID)) indices (
      .clk_i(clk_i), .wr_valid_i(wr_valid_i && wr_kind_i == 3'd3), .wr_data_i(wr_data_i), .wr_lane_en_i(wr_lane_en_i),
      .wr_line_i(wr_line_i), .wr_first_lane_i(wr_first_lane_i), .rd_line_i(16'(m_index_unit >> INDEX_BITS)),
      .rd_data_o(index_line));

  // The slot's fields beside the two cycles of the buffers.
  localparam int unsigned SLOT_WIDTH = 5 + FEED_BITS + 2 + SLOT_BITS + 1 + ROW_BITS + SLOT_BITS;
  logic [SLOT_WIDTH-1:0] slot1_q, slot2_q;
  logic dense1_q;
  logic [3:0] pair1_q;
  logic [19:0] value_select_q, index_select_q;
  logic [16*C-1:0] values2_q;
  logic [4*C-1:0] indices2_q;
  always_ff @(posedge clk_i) begin
    slot1_q <= {rst_ni && m_valid, m_first, m_transposed, m_quad_shift, m_half, m_word, m_element, m_slot,
                rst_ni && d_valid, d_row, d_slot};
    dense1_q <= m_dense;
    pair1_q <= m_pair;
    value_select_q <= m_value_unit & 20'(VALUE_UNITS - 1);
    index_select_q <= m_index_unit & 20'(INDEX_UNITS - 1);
    slot2_q <= slot1_q;
    values2_q <= value_line[16*C*value_select_q+:16*C];
    indices2_q <= dense1_q ? {C{pair1_q}} : index_line[4*C*index_select_q+:4*C];
  end

  // Column c is c cycles behind column 0: slot fields pass from column to column, values wait in their own column.
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
  // Position (r, c) takes words from (r, c-1) and slots from (r-1, c).
  logic [R*(C+1)-1:0] wv;
  logic [ADDRESS_BITS*R*(C+1)-1:0] wa;
  logic [64*R*(C+1)-1:0] wd;
  logic [SLOT_WIDTH*(R+1)*C-1:0] ns;
  logic [4*(R+1)*C-1:0] ni;
  logic [16*(R+1)*C-1:0] nv;
  logic [32*(R+1)*C-1:0] nd;
  for (genvar r = 0; r < R; r++) begin : gen_row
    assign wv[r*(C+1)] = row_valid[r];
    assign wa[ADDRESS_BITS*r*(C+1)+:ADDRESS_BITS] = row_address[ADDRESS_BITS*r+:ADDRESS_BITS];
    assign wd[64*r*(C+1)+:64] = row_data[64*r+:64];
    for (genvar c = 0; c < C; c++) begin : gen_column
      localparam int unsigned W = r * (C + 1) + c;
      localparam int unsigned N = r * C + c;
      localparam int unsigned Z = (r + 1) * C + c;
      localparam int unsigned D = SLOT_BITS;  // offset of the drain slot's row
      localparam int unsigned M = D + ROW_BITS + 1;
      uspe #(.MAXM(MAXM), .S(S), .ROW_BITS(ROW_BITS)) element (
          .clk_i(clk_i), .rst_ni(rst_ni), .w_valid_i(wv[W]), .w_address_i(wa[ADDRESS_BITS*W+:ADDRESS_BITS]),
          .w_data_i(wd[64*W+:64]), .w_valid_o(wv[W+1]), .w_address_o(wa[ADDRESS_BITS*(W+1)+:ADDRESS_BITS]),
          .w_data_o(wd[64*(W+1)+:64]),
          .m_valid_i(ns[SLOT_WIDTH*(N+1)-1]), .m_first_i(ns[SLOT_WIDTH*(N+1)-2]),
          .m_transposed_i(ns[SLOT_WIDTH*(N+1)-3]), .m_quad_shift_i(ns[SLOT_WIDTH*(N+1)-4]),
          .m_half_i(ns[SLOT_WIDTH*(N+1)-5]), .m_word_i(ns[SLOT_WIDTH*N+M+SLOT_BITS+2+:FEED_BITS]),
          .m_element_i(ns[SLOT_WIDTH*N+M+SLOT_BITS+:2]), .m_slot_i(ns[SLOT_WIDTH*N+M+:SLOT_BITS]),
          .m_index_i(ni[4*N+:4]), .m_value_i(nv[16*N+:16]), .d_valid_i(ns[SLOT_WIDTH*N+D+ROW_BITS]),
          .d_row_i(ns[SLOT_WIDTH*N+D+:ROW_BITS]), .d_slot_i(ns[SLOT_WIDTH*N+:SLOT_BITS]), .d_data_i(nd[32*N+:32]),
          .m_valid_o(ns[SLOT_WIDTH*(Z+1)-1]), .m_first_o(ns[SLOT_WIDTH*(Z+1)-2]),
          .m_transposed_o(ns[SLOT_WIDTH*(Z+1)-3]), .m_quad_shift_o(ns[SLOT_WIDTH*(Z+1)-4]),
          .m_half_o(ns[SLOT_WIDTH*(Z+1)-5]), .m_word_o(ns[SLOT_WIDTH*Z+M+SLOT_BITS+2+:FEED_BITS]),
          .m_element_o(ns[SLOT_WIDTH*Z+M+SLOT_BITS+:2]), .m_slot_o(ns[SLOT_WIDTH*Z+M+:SLOT_BITS]),
          .m_index_o(ni[4*Z+:4]), .m_value_o(nv[16*Z+:16]), .d_valid_o(ns[SLOT_WIDTH*Z+D+ROW_BITS]),
          .d_row_o(ns[SLOT_WIDTH*Z+D+:ROW_BITS]), .d_slot_o(ns[SLOT_WIDTH*Z+:SLOT_BITS]), .d_data_o(nd[32*Z+:32]));
    end
  end
  assign ns[SLOT_WIDTH*C-1:0] = column_slot;
  assign ni[4*C-1:0] = column_index;
  assign nv[16*C-1:0] = column_value;
  assign nd[32*C-1:0] = '0;

  // ---- results --------------------------------------------------------------------------------------------------
  // Where a drained value goes waits until the value has come down the array.
  logic [18*ADDRESS_DELAY-1:0] target_q;
  always_ff @(posedge clk_i) begin
    target_q <= {target_q[18*(ADDRESS_DELAY-1)-1:0], rst_ni && d_valid, d_fp16, d_addr};
  end
  logic [18*(C+1)-1:0] target;
  assign target[17:0] = target_q[18*(ADDRESS_DELAY-1)+:18];
  for (genvar c = 0; c < C; c++) begin : gen_result
    logic [31:0] raw_q, result_q;
    logic [15:0] half;
    logic [17:0] here_q;
    logic fp16_q;
    fp32_to_fp16 convert (.x_i(raw_q), .y_o(half));
    // The format is needed a cycle before the address: when the value is converted.
    if (c == 0) begin : gen_first
      assign fp16_q = target_q[18*(ADDRESS_DELAY-2)+16];
    end else begin : gen_next
      assign fp16_q = target[18*(c-1)+16];
    end
    always_ff @(posedge clk_i) begin
      raw_q <= nd[32*(R*C+c)+:32];
      result_q <= fp16_q ? {16'd0, half} : raw_q;
      here_q <= target[18*c+:18];
    end
    assign target[18*(c+1)+:18] = here_q;
    logic [32*B-1:0] read;
    result_column #(.DEPTH(RD), .B(B)) column (
        .clk_i(clk_i), .wr_valid_i(target[18*c+17]), .wr_addr_i(target[18*c+:16]), .wr_data_i(result_q),
        .rd_addr_i(rd_addr_i), .rd_data_o(read));
    for (genvar k = 0; k < B; k++) begin : gen_block
      assign rd_data_o[32*(k*C+c)+:32] = read[32*k+:32];
    end
  end

  logic unused;
  assign unused = &{1'b0, rd_valid_i, wr_group_words_i, fdv[R], fdt[R], fdl[16*R+:16], fdw[16*R+:16],
                    fda[ADDRESS_BITS*R+:ADDRESS_BITS], wv, wa, wd, ns, ni, nv, target[18*C+:18]};
endmodule

`default_nettype wire
