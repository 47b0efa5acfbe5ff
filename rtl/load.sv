// LOAD: DRAM to on-chip buffers with strided and implicit-GEMM addressing; docs/architecture/contract.md §4.
`default_nettype none

module load #(
    /// Array rows.
    parameter int unsigned R = 4,
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Longest burst in lines.
    parameter int unsigned BL = 16,
    /// Pieces that can be generated and not yet written.
    parameter int unsigned PF = 256
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
    /// The oldest operation releases its operands.
    output logic                             release_o,
    /// The oldest operation ends.
    output logic                             done_o,
    /// A burst is wanted.
    output logic                             req_valid_o,
    /// Its first line.
    output logic [33-$clog2(CH):0]           req_line_o,
    /// Its lines.
    output logic [$clog2(BL+1)-1:0]          req_lines_o,
    /// Number of the instruction that wants it.
    output logic [15:0]                      req_pc_o,
    /// It has its address handshake in this cycle.
    input  wire logic                        req_ready_i,
    /// A line is at the head of the line FIFO.
    input  wire logic                        line_valid_i,
    /// That line.
    input  wire logic [512*CH-1:0]           line_data_i,
    /// It is popped.
    output logic                             line_pop_o,
    /// A piece is written in this cycle.
    output logic                             wr_valid_o,
    /// Destination buffer, `dest_kind`.
    output logic [2:0]                       wr_kind_o,
    /// Words in their destination lanes.
    output logic [512*CH-1:0]                wr_data_o,
    /// Lanes that are written.
    output logic [8*CH-1:0]                  wr_lane_en_o,
    /// Destination line of the first word.
    output logic [15:0]                      wr_line_o,
    /// Lane of the first word; lanes below it go to the following line.
    output logic [$clog2(8*CH)-1:0]          wr_first_lane_o,
    /// WEST: array row.
    output logic [$clog2(R)-1:0]             wr_row_o,
    /// WEST_SPREAD, WEST_QUADS: word number of lane 0 of the destination line.
    output logic [15:0]                      wr_spread_word_o,
    /// WEST_SPREAD: consecutive words that go to one array row.
    output logic [7:0]                       wr_group_words_o,
    /// Words that are written in this cycle.
    output logic [$clog2(8*CH):0]            wr_words_o
);
  localparam int unsigned LANE_BITS = $clog2(8 * CH);

  logic piece_valid;
  logic piece_zero;
  logic piece_first;
  logic piece_older;
  logic piece_last;
  logic [LANE_BITS-1:0] piece_rotate;
  logic [LANE_BITS-1:0] piece_lane;
  logic [LANE_BITS-1:0] piece_words;
  logic [2:0] piece_kind;
  logic [$clog2(R)-1:0] piece_row;
  logic [15:0] piece_line;
  logic [15:0] piece_spread;
  logic [7:0] piece_group;
  logic [$clog2(PF+1)-1:0] piece_count;

  load_address #(.R(R), .CH(CH), .BL(BL), .PF(PF)) address (
      .clk_i(clk_i), .rst_ni(rst_ni), .clear_i(clear_i), .op_valid_i(op_valid_i), .op_ready_o(op_ready_o),
      .op_params_i(op_params_i), .op_flags_i(op_flags_i), .op_pc_i(op_pc_i), .piece_count_i(piece_count), .piece_valid_o(piece_valid),
      .piece_zero_o(piece_zero), .piece_first_o(piece_first), .piece_older_o(piece_older), .piece_last_o(piece_last),
      .piece_rotate_o(piece_rotate), .piece_lane_o(piece_lane), .piece_words_o(piece_words),
      .piece_kind_o(piece_kind), .piece_row_o(piece_row), .piece_line_o(piece_line), .piece_spread_o(piece_spread),
      .piece_group_o(piece_group), .req_valid_o(req_valid_o), .req_line_o(req_line_o), .req_lines_o(req_lines_o),
      .req_pc_o(req_pc_o), .req_ready_i(req_ready_i));

  load_data #(.R(R), .CH(CH), .PF(PF)) data (
      .clk_i(clk_i), .rst_ni(rst_ni), .piece_valid_i(piece_valid), .piece_zero_i(piece_zero),
      .piece_first_i(piece_first), .piece_older_i(piece_older), .piece_last_i(piece_last), .piece_rotate_i(piece_rotate),
      .piece_lane_i(piece_lane), .piece_words_i(piece_words), .piece_kind_i(piece_kind), .piece_row_i(piece_row),
      .piece_line_i(piece_line), .piece_spread_i(piece_spread), .piece_group_i(piece_group),
      .piece_count_o(piece_count), .line_valid_i(line_valid_i), .line_data_i(line_data_i), .line_pop_o(line_pop_o),
      .wr_valid_o(wr_valid_o), .wr_kind_o(wr_kind_o), .wr_data_o(wr_data_o), .wr_lane_en_o(wr_lane_en_o),
      .wr_line_o(wr_line_o), .wr_first_lane_o(wr_first_lane_o), .wr_row_o(wr_row_o),
      .wr_spread_word_o(wr_spread_word_o), .wr_group_words_o(wr_group_words_o), .wr_words_o(wr_words_o),
      .done_o(done_o));

  assign release_o = done_o;
endmodule

`default_nettype wire
