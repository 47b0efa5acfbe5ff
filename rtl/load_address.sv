// LOAD's address side: positions, pieces and read bursts; docs/architecture/contract.md §4.
//
// A piece is at most a line of words, from one source line to at most two destination lines. One piece a cycle.
`default_nettype none

module load_address #(
    /// Array rows.
    parameter int unsigned R = 4,
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Longest burst in lines.
    parameter int unsigned BL = 16,
    /// Pieces that can be generated and not yet written, at least 4.
    parameter int unsigned PF = 256
) (
    /// Clock.
    input  wire logic                          clk_i,
    /// Synchronous reset, active low.
    input  wire logic                          rst_ni,
    /// A new program: the saved position becomes (0,0,0).
    input  wire logic                          clear_i,
    /// An operation waits.
    input  wire logic                          op_valid_i,
    /// It is dispatched if `op_valid_i`.
    output logic                               op_ready_o,
    /// Registers of the operation, register i in bits 40*i +: 40.
    input  wire logic [1279:0]                 op_params_i,
    /// Flags of the operation.
    input  wire logic [15:0]                   op_flags_i,
    /// Number of its instruction.
    input  wire logic [15:0]                   op_pc_i,
    /// Pieces generated and not written at the beginning of the cycle.
    input  wire logic [$clog2(PF+1)-1:0]       piece_count_i,
    /// A piece is generated.
    output logic                               piece_valid_o,
    /// It is zeros; otherwise a part of a memory line.
    output logic                               piece_zero_o,
    /// Its line was requested for it: it must come from the line FIFO.
    output logic                               piece_first_o,
    /// Its line is the older one of the two that are kept.
    output logic                               piece_older_o,
    /// It is the last of its operation.
    output logic                               piece_last_o,
    /// Destination lane l takes source lane (l + rotate) mod LW.
    output logic [$clog2(8*CH)-1:0]            piece_rotate_o,
    /// Destination lane of its first word.
    output logic [$clog2(8*CH)-1:0]            piece_lane_o,
    /// Its words less one.
    output logic [$clog2(8*CH)-1:0]            piece_words_o,
    /// Destination buffer, `dest_kind`.
    output logic [2:0]                         piece_kind_o,
    /// WEST: array row.
    output logic [$clog2(R)-1:0]               piece_row_o,
    /// Destination line of its first word.
    output logic [15:0]                        piece_line_o,
    /// WEST_SPREAD, WEST_QUADS: word number u of lane 0 of that line.
    output logic [15:0]                        piece_spread_o,
    /// WEST_SPREAD: consecutive words that go to one array row.
    output logic [7:0]                         piece_group_o,
    /// A burst is wanted.
    output logic                               req_valid_o,
    /// Its first line.
    output logic [33-$clog2(CH):0]             req_line_o,
    /// Its lines.
    output logic [$clog2(BL+1)-1:0]            req_lines_o,
    /// Number of its instruction.
    output logic [15:0]                        req_pc_o,
    /// It has its address handshake in this cycle.
    input  wire logic                          req_ready_i
);
  localparam int unsigned WORDS = 8 * CH;
  localparam int unsigned LANE_BITS = $clog2(WORDS);
  localparam int unsigned LINE_BITS = 34 - $clog2(CH);
  localparam int unsigned ROW_BITS = $clog2(R);
  localparam int unsigned PIECE_BITS = $clog2(PF + 1);
  localparam int unsigned OFFSET_BITS = 16 + LANE_BITS;
  localparam logic [2:0] WEST = 3'd0;
  localparam logic [2:0] WEST_SPREAD = 3'd1;
  localparam logic [2:0] WEST_QUADS = 3'd5;

  // Operation.
  logic dispatch;
  logic busy_q;
  logic close_q;
  logic [15:0] pc_q;
  logic [2:0] kind_q;
  logic [15:0] stride_q;
  logic [15:0] word0_q;
  logic [7:0] group_q;
  logic [23:0] len_q;         // words of a position

  // Position.
  logic active;
  logic last_position;
  logic in_range;
  logic [36:0] word;
  logic step;

  // Piece.
  logic first_q;              // the next piece is its position's first
  logic [LINE_BITS-1:0] source_line_q;
  logic [23:0] left_q;        // words of the position not yet in a piece
  logic [15:0] base_line_q;   // destination line to which offset_q is added
  logic [OFFSET_BITS-1:0] offset_q;
  logic [ROW_BITS-1:0] row_q;
  logic [LINE_BITS-1:0] source_line;
  logic [LANE_BITS-1:0] source_lane;
  logic [23:0] left;
  logic [LANE_BITS-1:0] lane_inside;
  logic [LANE_BITS:0] room_inside;
  logic [LANE_BITS:0] words_inside;
  logic [LANE_BITS:0] words_outside;
  logic [LANE_BITS:0] words;
  logic ends_inside;
  logic ends_outside;
  logic generate_piece;
  logic ends_position;
  logic touch;
  logic new_line;
  logic older_line;
  logic open;
  logic last_burst;
  logic spread;
  logic west;
  logic last_row;

  assign op_ready_o = !busy_q;
  assign dispatch = op_valid_i && op_ready_o;

  position_counter positions (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .clear_i(clear_i),
      .start_i(dispatch),
      .seek_i(op_flags_i[sat_isa::LOAD_F_SEEK]),
      .advance_i(op_flags_i[sat_isa::LOAD_F_ADVANCE]),
      .base_i(op_params_i[40*sat_isa::LOAD_R_BASE+:40]),
      .px_i(op_params_i[40*sat_isa::LOAD_R_PX+:40]),
      .py_i(op_params_i[40*sat_isa::LOAD_R_PY+:40]),
      .pb_i(op_params_i[40*sat_isa::LOAD_R_PB+:40]),
      .grid_w_i(op_params_i[40*sat_isa::LOAD_R_GRID_W+:24]),
      .grid_h_i(op_params_i[40*sat_isa::LOAD_R_GRID_H+:24]),
      .sx_i(op_params_i[40*sat_isa::LOAD_R_SX+:8]),
      .sy_i(op_params_i[40*sat_isa::LOAD_R_SY+:8]),
      .ox_i(op_params_i[40*sat_isa::LOAD_R_OX+:24]),
      .oy_i(op_params_i[40*sat_isa::LOAD_R_OY+:24]),
      .in_w_i(op_params_i[40*sat_isa::LOAD_R_IN_W+:24]),
      .in_h_i(op_params_i[40*sat_isa::LOAD_R_IN_H+:24]),
      .b0_i(op_params_i[40*sat_isa::LOAD_R_B0+:24]),
      .y0_i(op_params_i[40*sat_isa::LOAD_R_Y0+:24]),
      .x0_i(op_params_i[40*sat_isa::LOAD_R_X0+:24]),
      .count_i(op_params_i[40*sat_isa::LOAD_R_COUNT+:24]),
      .active_o(active),
      .last_o(last_position),
      .inside_o(in_range),
      .word_o(word),
      .step_i(step));

  // The piece of this cycle. Only a position's first piece can start inside a source line.
  assign source_line = first_q ? word[36:LANE_BITS] : source_line_q;
  assign source_lane = in_range ? lane_inside : '0;
  assign left = first_q ? len_q : left_q;
  // Both answers are ready when it is known whether the position lies inside.
  assign lane_inside = first_q ? word[LANE_BITS-1:0] : '0;
  assign room_inside = (LANE_BITS + 1)'(WORDS) - (LANE_BITS + 1)'(lane_inside);
  assign ends_inside = left <= 24'(room_inside);
  assign ends_outside = left <= 24'(WORDS);
  assign ends_position = in_range ? ends_inside : ends_outside;
  assign words_inside = ends_inside ? (LANE_BITS + 1)'(left) : room_inside;
  assign words_outside = ends_outside ? (LANE_BITS + 1)'(left) : (LANE_BITS + 1)'(WORDS);
  assign words = in_range ? words_inside : words_outside;
  assign generate_piece = active && piece_count_i < PIECE_BITS'(PF);
  assign step = generate_piece && ends_position;
  assign touch = generate_piece && in_range;

  burst_former #(.LINE_BITS(LINE_BITS), .BL(BL), .DEPTH(PF), .PIECES(PF / 2), .KEPT(2)) bursts (
      .clk_i(clk_i), .rst_ni(rst_ni), .piece_i(generate_piece), .touch_i(touch), .line_i(source_line),
      .close_i(close_q), .tag_i(pc_q), .new_line_o(new_line), .older_line_o(older_line), .open_o(open), .burst_valid_o(req_valid_o), .burst_line_o(req_line_o),
      .burst_lines_o(req_lines_o), .burst_last_o(last_burst), .burst_tag_o(req_pc_o), .burst_pop_i(req_ready_i));

  assign west = kind_q == WEST;
  assign spread = kind_q == WEST_SPREAD || kind_q == WEST_QUADS;
  assign last_row = row_q == ROW_BITS'(R - 1);

  assign piece_valid_o = generate_piece;
  assign piece_zero_o = !in_range;
  assign piece_first_o = new_line;
  assign piece_older_o = older_line;
  assign piece_last_o = step && last_position;
  assign piece_lane_o = offset_q[LANE_BITS-1:0];
  assign piece_rotate_o = source_lane - offset_q[LANE_BITS-1:0];
  assign piece_words_o = LANE_BITS'(words - 1'b1);
  assign piece_kind_o = kind_q;
  assign piece_row_o = row_q;
  assign piece_line_o = base_line_q + offset_q[OFFSET_BITS-1:LANE_BITS];
  assign piece_spread_o = {offset_q[15:LANE_BITS], {LANE_BITS{1'b0}}};
  assign piece_group_o = group_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      busy_q  <= 1'b0;
      close_q <= 1'b0;
    end else begin
      close_q <= piece_last_o;
      if (dispatch) busy_q <= 1'b1;
      else if (close_q) busy_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (dispatch) begin
      pc_q     <= op_pc_i;
      kind_q   <= op_params_i[40*sat_isa::LOAD_R_DEST_KIND+:3];
      stride_q <= op_params_i[40*sat_isa::LOAD_R_STRIDE+:16];
      word0_q  <= op_params_i[40*sat_isa::LOAD_R_WORD0+:16];
      group_q  <= op_params_i[40*sat_isa::LOAD_R_GROUP_WORDS+:8];
      len_q    <= op_params_i[40*sat_isa::LOAD_R_LEN+3+:24];
    end
  end

  // Destination: the west buffers count words inside a position, the other buffers through the whole operation.
  always_ff @(posedge clk_i) begin
    if (dispatch) begin
      first_q <= 1'b1;
      row_q <= '0;
      case (op_params_i[40*sat_isa::LOAD_R_DEST_KIND+:3])
        WEST: begin
          base_line_q <= op_params_i[40*sat_isa::LOAD_R_DEST+:16];
          offset_q <= '0;
        end
        WEST_SPREAD, WEST_QUADS: begin
          base_line_q <= op_params_i[40*sat_isa::LOAD_R_DEST+:16];
          offset_q <= OFFSET_BITS'(op_params_i[40*sat_isa::LOAD_R_WORD0+:16]);
        end
        default: begin
          base_line_q <= '0;
          offset_q <= op_params_i[40*sat_isa::LOAD_R_DEST+:OFFSET_BITS];
        end
      endcase
    end else if (generate_piece) begin
      first_q <= ends_position;
      source_line_q <= source_line + 1'b1;
      left_q <= left - 24'(words);
      if (step && west) offset_q <= '0;
      else if (step && spread) offset_q <= OFFSET_BITS'(word0_q);
      else offset_q <= offset_q + OFFSET_BITS'(words);
      if (step && (spread || (west && last_row))) base_line_q <= base_line_q + stride_q;
      if (step) row_q <= last_row ? '0 : row_q + 1'b1;
    end
  end

  logic unused;
  assign unused = &{1'b0, op_params_i, op_flags_i, open, last_burst};
endmodule

`default_nettype wire
