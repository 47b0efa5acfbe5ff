// LOAD's data side: takes pieces in order, aligns their words and writes them; docs/architecture/contract.md §4.
//
// A rotator turns the source line so that every word stands in its destination lane. Lanes from the first word's lane
// up belong to the destination line, the lanes below it to the following one.
`default_nettype none

module load_data #(
    /// Array rows.
    parameter int unsigned R = 4,
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Pieces that can be generated and not yet written.
    parameter int unsigned PF = 256
) (
    /// Clock.
    input  wire logic                        clk_i,
    /// Synchronous reset, active low.
    input  wire logic                        rst_ni,
    /// A piece is generated; its description as in `load_address`.
    input  wire logic                        piece_valid_i,
    /// Zeros.
    input  wire logic                        piece_zero_i,
    /// Its line must come from the line FIFO.
    input  wire logic                        piece_first_i,
    /// Its line is the older one of the two that are kept.
    input  wire logic                        piece_older_i,
    /// Last of its operation.
    input  wire logic                        piece_last_i,
    /// Destination lane l takes source lane (l + rotate) mod LW.
    input  wire logic [$clog2(8*CH)-1:0]     piece_rotate_i,
    /// Destination lane of its first word.
    input  wire logic [$clog2(8*CH)-1:0]     piece_lane_i,
    /// Words less one.
    input  wire logic [$clog2(8*CH)-1:0]     piece_words_i,
    /// Destination buffer.
    input  wire logic [2:0]                  piece_kind_i,
    /// WEST: array row.
    input  wire logic [$clog2(R)-1:0]        piece_row_i,
    /// Destination line of its first word.
    input  wire logic [15:0]                 piece_line_i,
    /// WEST_SPREAD, WEST_QUADS: word number of lane 0 of that line.
    input  wire logic [15:0]                 piece_spread_i,
    /// WEST_SPREAD: words of a group.
    input  wire logic [7:0]                  piece_group_i,
    /// Pieces generated and not written at the beginning of the cycle.
    output logic [$clog2(PF+1)-1:0]          piece_count_o,
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
    /// Lanes that are written: how many.
    output logic [$clog2(8*CH):0]            wr_words_o,
    /// The last piece of an operation is written: release and end.
    output logic                             done_o
);
  localparam int unsigned WORDS = 8 * CH;
  localparam int unsigned LANE_BITS = $clog2(WORDS);
  localparam int unsigned ROW_BITS = $clog2(R);
  localparam int unsigned WIDTH = 4 + 3 * LANE_BITS + 3 + ROW_BITS + 16 + 16 + 8;

  logic head_valid;
  logic zero;
  logic first;
  logic older;
  logic last;
  logic [LANE_BITS-1:0] turn_by;
  logic [LANE_BITS-1:0] lane;
  logic [LANE_BITS-1:0] words;
  logic [512*CH-1:0] line_q;
  logic [512*CH-1:0] before_q;
  logic [512*CH-1:0] source;

  sync_fifo #(.WIDTH(WIDTH), .DEPTH(PF), .HEAD(1)) pieces (
      .clk_i(clk_i), .rst_ni(rst_ni), .push_i(piece_valid_i),
      .data_i({piece_zero_i, piece_first_i, piece_older_i, piece_last_i, piece_rotate_i, piece_lane_i, piece_words_i, piece_kind_i,
               piece_row_i, piece_line_i, piece_spread_i, piece_group_i}),
      .pop_i(wr_valid_o),
      .data_o({zero, first, older, last, turn_by, lane, words, wr_kind_o, wr_row_o, wr_line_o, wr_spread_word_o,
               wr_group_words_o}),
      .valid_o(head_valid), .count_o(piece_count_o));

  assign wr_valid_o = head_valid && (!first || line_valid_i);
  assign line_pop_o = wr_valid_o && first;
  assign done_o = wr_valid_o && last;
  assign wr_first_lane_o = lane;
  assign wr_words_o = wr_valid_o ? (LANE_BITS + 1)'(words) + 1'b1 : '0;

  // The two lines popped last stay for the pieces that follow from them.
  always_ff @(posedge clk_i) begin
    if (line_pop_o) begin
      line_q   <= line_data_i;
      before_q <= line_q;
    end
  end

  assign source = zero ? '0 : (first ? line_data_i : (older ? before_q : line_q));
  rotate #(.LANES(WORDS), .WIDTH(64)) turn (.data_i(source), .by_i(turn_by), .data_o(wr_data_o));

  for (genvar l = 0; l < WORDS; l++) begin : gen_enable
    logic [LANE_BITS-1:0] distance;
    assign distance = LANE_BITS'(l) - lane;
    assign wr_lane_en_o[l] = wr_valid_o && distance <= words;
  end
endmodule

`default_nettype wire
