// STORE's address side: positions, pieces, lines and write bursts; docs/architecture/contract.md §7.
//
// A piece is read from its source and joins the open line; a piece of another line pushes the open line into the line
// FIFO first. This block counts the lines; the data follow through `store_data` at a fixed distance.
`default_nettype none

module store_address #(
    /// Array columns, a multiple of 4.
    parameter int unsigned C = 4,
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Longest burst in lines.
    parameter int unsigned BL = 16,
    /// Lines of the line FIFO.
    parameter int unsigned SF = 64,
    /// Bits of a source word number inside the rotator, see `store_data`.
    parameter int unsigned SHIFT_BITS = 4
) (
    /// Clock.
    input  wire logic                        clk_i,
    /// Synchronous reset, active low.
    input  wire logic                        rst_ni,
    /// A new program: the saved position becomes (0,0,0).
    input  wire logic                        clear_i,
    /// An operation waits.
    input  wire logic                        op_valid_i,
    /// It is dispatched if `op_valid_i`.
    output logic                             op_ready_o,
    /// Registers of the operation, register i in bits 40*i +: 40.
    input  wire logic [1279:0]               op_params_i,
    /// Flags of the operation.
    input  wire logic [15:0]                 op_flags_i,
    /// Number of its instruction.
    input  wire logic [15:0]                 op_pc_i,
    /// The operation has read its last operand.
    output logic                             release_o,
    /// A piece is read.
    output logic                             piece_valid_o,
    /// Its source, `src_kind`.
    output logic [1:0]                       piece_kind_o,
    /// RESULT: elements are FP16.
    output logic                             piece_half_o,
    /// RESULT: result address of its first element.
    output logic [15:0]                      piece_address_o,
    /// VMEM: number of its first word.
    output logic [15+$clog2(8*CH):0]         piece_word_o,
    /// Destination lane l takes source word (l + shift), see `store_data`.
    output logic [SHIFT_BITS-1:0]            piece_shift_o,
    /// Destination lane of its first word.
    output logic [$clog2(8*CH)-1:0]          piece_lane_o,
    /// Its words less one.
    output logic [$clog2(8*CH)-1:0]          piece_words_o,
    /// It starts a new line.
    output logic                             piece_fresh_o,
    /// The open line is pushed in this cycle.
    output logic                             push_o,
    /// A line leaves the line FIFO in this cycle.
    input  wire logic                        pop_i,
    /// A closed burst waits.
    output logic                             burst_valid_o,
    /// Its first line.
    output logic [33-$clog2(CH):0]           burst_line_o,
    /// Its lines.
    output logic [$clog2(BL+1)-1:0]          burst_lines_o,
    /// Number of its instruction.
    output logic [15:0]                      burst_pc_o,
    /// It is the last of its operation.
    output logic                             burst_last_o,
    /// It leaves the queue.
    input  wire logic                        burst_pop_i
);
  localparam int unsigned WORDS = 8 * CH;
  localparam int unsigned LANE_BITS = $clog2(WORDS);
  localparam int unsigned LINE_BITS = 34 - $clog2(CH);
  localparam int unsigned BANKS = (64 * CH) / (2 * C) > 1 ? (64 * CH) / (2 * C) : 1;
  localparam int unsigned COUNT_BITS = $clog2(SF + 1);
  localparam int unsigned WORD_BITS = 16 + LANE_BITS;
  // Elements: the column of a piece's first one, plus at most a full line of FP16.
  localparam int unsigned ELEMENT_BITS = $clog2(C + 4 * WORDS + 1) > $clog2(BANKS * C + 1) ?
                                         $clog2(C + 4 * WORDS + 1) : $clog2(BANKS * C + 1);
  localparam logic [1:0] RESULT = 2'd0;
  localparam logic [1:0] VMEM = 2'd1;

  // Operation.
  logic dispatch;
  logic busy_q;
  logic close_q;
  logic [15:0] pc_q;
  logic [1:0] kind_q;
  logic half_q;
  logic [15:0] slots_q;       // sc
  logic [23:0] len_q;         // words of a position

  // Position.
  logic active;
  logic last_position;
  logic in_range;
  logic [36:0] word;
  logic step;

  // Piece.
  logic first_q;              // the next piece is its position's first
  logic [LINE_BITS-1:0] line_q;
  logic [LANE_BITS-1:0] lane_q;
  logic [23:0] left_q;
  logic [15:0] position_address_q;
  logic [15:0] address_q;
  logic [ELEMENT_BITS-1:0] column_q;
  logic [WORD_BITS-1:0] vector_word_q;
  logic [LINE_BITS-1:0] line;
  logic [LANE_BITS-1:0] lane;
  logic [23:0] left;
  logic [LANE_BITS:0] room_line;
  logic [ELEMENT_BITS-1:0] room_elements;
  logic [ELEMENT_BITS-1:0] room_result_q;
  logic [LANE_BITS:0] room;
  logic [LANE_BITS:0] words;
  logic [ELEMENT_BITS-1:0] elements;
  logic [ELEMENT_BITS-1:0] next_element;
  logic [ELEMENT_BITS-1:0] next_row;
  logic [ELEMENT_BITS-1:0] next_column;
  logic [SHIFT_BITS-1:0] source_word;
  logic generate_piece;
  logic ends_position;
  logic close;
  logic new_line;
  logic older_line;
  logic open;

  // Lines that are, or in a few cycles will be, in the line FIFO.
  logic [COUNT_BITS-1:0] lines_q;
  logic has_room;

  assign op_ready_o = !busy_q;
  assign dispatch = op_valid_i && op_ready_o;

  position_counter positions (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .clear_i(clear_i),
      .start_i(dispatch),
      .seek_i(op_flags_i[sat_isa::STORE_F_SEEK]),
      .advance_i(op_flags_i[sat_isa::STORE_F_ADVANCE]),
      .base_i(op_params_i[40*sat_isa::STORE_R_BASE+:40]),
      .px_i(op_params_i[40*sat_isa::STORE_R_PX+:40]),
      .py_i(op_params_i[40*sat_isa::STORE_R_PY+:40]),
      .pb_i(op_params_i[40*sat_isa::STORE_R_PB+:40]),
      .grid_w_i(op_params_i[40*sat_isa::STORE_R_GRID_W+:24]),
      .grid_h_i(op_params_i[40*sat_isa::STORE_R_GRID_H+:24]),
      .sx_i(8'd1),
      .sy_i(8'd1),
      .ox_i(24'd0),
      .oy_i(24'd0),
      .in_w_i(24'd0),
      .in_h_i(24'd0),
      .b0_i(op_params_i[40*sat_isa::STORE_R_B0+:24]),
      .y0_i(op_params_i[40*sat_isa::STORE_R_Y0+:24]),
      .x0_i(op_params_i[40*sat_isa::STORE_R_X0+:24]),
      .count_i(op_params_i[40*sat_isa::STORE_R_COUNT+:24]),
      .active_o(active),
      .last_o(last_position),
      .inside_o(in_range),
      .word_o(word),
      .step_i(step));

  // The piece of this cycle: up to the end of the line, of the position, and of the result sub-banks.
  assign line = first_q ? word[36:LANE_BITS] : line_q;
  assign lane = first_q ? word[LANE_BITS-1:0] : lane_q;
  assign left = first_q ? len_q : left_q;
  assign room_line = (LANE_BITS + 1)'(WORDS) - (LANE_BITS + 1)'(lane);
  assign room = room_result_q < ELEMENT_BITS'(room_line) ? (LANE_BITS + 1)'(room_result_q) : room_line;
  assign ends_position = left <= 24'(room_line) && left <= 24'(room_result_q);
  assign words = ends_position ? (LANE_BITS + 1)'(left) : room;
  assign has_room = lines_q <= COUNT_BITS'(SF - 2);
  assign generate_piece = active && has_room;
  assign close = close_q && has_room;
  assign step = generate_piece && ends_position;

  // Only of use where the position goes on, and then the piece takes all the room.
  assign elements = half_q ? ELEMENT_BITS'(room) << 2 : ELEMENT_BITS'(room) << 1;
  assign next_element = column_q + elements;
  assign room_elements = ELEMENT_BITS'(BANKS * C) - (step ? '0 : next_column);
  assign next_row = next_element / ELEMENT_BITS'(C);
  assign next_column = next_element % ELEMENT_BITS'(C);
  always_comb begin
    if (kind_q == VMEM) source_word = SHIFT_BITS'(vector_word_q[LANE_BITS-1:0]);
    else if (half_q) source_word = SHIFT_BITS'(column_q >> 2);
    else source_word = SHIFT_BITS'(column_q >> 1);
  end

  burst_former #(.LINE_BITS(LINE_BITS), .BL(BL), .DEPTH(SF)) bursts (
      .clk_i(clk_i), .rst_ni(rst_ni), .piece_i(generate_piece), .touch_i(generate_piece), .line_i(line),
      .close_i(close), .tag_i(pc_q), .new_line_o(new_line), .older_line_o(older_line), .open_o(open), .burst_valid_o(burst_valid_o), .burst_line_o(burst_line_o),
      .burst_lines_o(burst_lines_o), .burst_last_o(burst_last_o), .burst_tag_o(burst_pc_o), .burst_pop_i(burst_pop_i));

  assign release_o = close;
  assign piece_valid_o = generate_piece;
  assign piece_kind_o = kind_q;
  assign piece_half_o = half_q;
  assign piece_address_o = address_q;
  assign piece_word_o = vector_word_q;
  assign piece_shift_o = source_word - SHIFT_BITS'(lane);
  assign piece_lane_o = lane;
  assign piece_words_o = LANE_BITS'(words - 1'b1);
  assign piece_fresh_o = new_line;
  assign push_o = open && (new_line || close);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q  <= 1'b0;
      close_q <= 1'b0;
      lines_q <= '0;
    end else begin
      if (dispatch) busy_q <= 1'b1;
      else if (close) busy_q <= 1'b0;
      if (step && last_position) close_q <= 1'b1;
      else if (close) close_q <= 1'b0;
      lines_q <= lines_q + COUNT_BITS'(push_o) - COUNT_BITS'(pop_i);
    end
  end

  always_ff @(posedge clk_i) begin
    if (dispatch) begin
      pc_q    <= op_pc_i;
      kind_q  <= op_params_i[40*sat_isa::STORE_R_SRC_KIND+:2];
      half_q  <= op_flags_i[sat_isa::STORE_F_FP16];
      slots_q <= op_params_i[40*sat_isa::STORE_R_SC+:16];
      len_q   <= op_params_i[40*sat_isa::STORE_R_LEN+3+:24];
    end
  end

  always_ff @(posedge clk_i) begin
    if (dispatch) begin
      first_q <= 1'b1;
      position_address_q <= op_params_i[40*sat_isa::STORE_R_SRC+:16];
      address_q <= op_params_i[40*sat_isa::STORE_R_SRC+:16];
      column_q <= '0;
      vector_word_q <= op_params_i[40*sat_isa::STORE_R_SRC+:WORD_BITS];
    end else if (generate_piece) begin
      first_q <= ends_position;
      line_q <= (LANE_BITS + 1)'(lane) + words == (LANE_BITS + 1)'(WORDS) ? line + 1'b1 : line;
      lane_q <= lane + LANE_BITS'(words);
      left_q <= left - 24'(words);
      vector_word_q <= vector_word_q + WORD_BITS'(words);
      if (step) begin
        position_address_q <= position_address_q + slots_q;
        address_q <= position_address_q + slots_q;
        column_q <= '0;
      end else begin
        address_q <= address_q + 16'(next_row);
        column_q <= next_column;
      end
    end
  end

  // What the result sub-banks still give to a position, known before its piece; other sources have no end.
  always_ff @(posedge clk_i) begin
    if (dispatch && op_params_i[40*sat_isa::STORE_R_SRC_KIND+:2] != RESULT) room_result_q <= '1;
    else if (dispatch) room_result_q <= ELEMENT_BITS'(op_flags_i[sat_isa::STORE_F_FP16] ? BANKS * C / 4 : BANKS * C / 2);
    else if (generate_piece && kind_q == RESULT) room_result_q <= half_q ? room_elements >> 2 : room_elements >> 1;
  end

  logic unused;
  assign unused = &{1'b0, op_params_i, op_flags_i, in_range, older_line};
endmodule

`default_nettype wire
