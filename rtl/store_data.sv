// STORE's data side: source words into their lanes, pieces into lines, lines into the FIFO;
// docs/architecture/contract.md §7.
//
// Sources answer two cycles after a piece's read cycle. A line that is pushed in cycle c by the rules of §7 is complete
// at the end of c+1, is written to the FIFO then, and can be sent from c+2 on, when §7 first asks for it.
`default_nettype none

module store_data #(
    /// Array columns.
    parameter int unsigned C = 4,
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Lines of the line FIFO.
    parameter int unsigned SF = 64,
    /// Result sub-banks.
    parameter int unsigned BANKS = 8,
    /// log2 of the rotator's width in 8-byte words: room for BANKS*C FP32 values and for two lines.
    parameter int unsigned SHIFT_BITS = 4
) (
    /// Clock.
    input  wire logic                      clk_i,
    /// Synchronous reset, active low.
    input  wire logic                      rst_ni,
    /// A piece is read.
    input  wire logic                      piece_valid_i,
    /// Its source, `src_kind`.
    input  wire logic [1:0]                piece_kind_i,
    /// RESULT: elements are FP16, in the low halves.
    input  wire logic                      piece_half_i,
    /// Destination lane l takes source word (l + shift) modulo the rotator's width.
    input  wire logic [SHIFT_BITS-1:0]     piece_shift_i,
    /// Destination lane of its first word.
    input  wire logic [$clog2(8*CH)-1:0]   piece_lane_i,
    /// Its words less one.
    input  wire logic [$clog2(8*CH)-1:0]   piece_words_i,
    /// It starts a new line.
    input  wire logic                      piece_fresh_i,
    /// The open line is pushed in this cycle (in the sense of §7).
    input  wire logic                      push_i,
    /// RESULT data of the piece of two cycles ago: block k is result address a0+k.
    input  wire logic [32*BANKS*C-1:0]     result_data_i,
    /// VMEM data of the piece of two cycles ago: each lane's word of the line or, below the first word's lane, of the
    /// next.
    input  wire logic [512*CH-1:0]         vector_data_i,
    /// A line waits.
    output logic                           line_valid_o,
    /// Its data.
    output logic [512*CH-1:0]              line_data_o,
    /// Its written words.
    output logic [8*CH-1:0]                line_strobe_o,
    /// It leaves the FIFO.
    input  wire logic                      line_pop_i,
    /// The piece read three cycles ago holds an infinite or NaN value of RESULT.
    output logic                           nonfinite_o
);
  localparam int unsigned WORDS = 8 * CH;
  localparam int unsigned LANE_BITS = $clog2(WORDS);
  localparam int unsigned WIDTH = 64 * (1 << SHIFT_BITS);
  localparam logic [1:0] RESULT = 2'd0;
  localparam logic [1:0] VMEM = 2'd1;

  // Stage 1 and 2: the piece's description follows the read.
  logic valid1_q;
  logic [1:0] kind1_q;
  logic half1_q;
  logic fresh1_q;
  logic push1_q;
  logic [SHIFT_BITS-1:0] shift1_q;
  logic [LANE_BITS-1:0] lane1_q;
  logic [LANE_BITS-1:0] words1_q;
  logic valid2_q;
  logic [1:0] kind2_q;
  logic half2_q;
  logic fresh2_q;
  logic [SHIFT_BITS-1:0] shift2_q;
  logic [LANE_BITS-1:0] lane2_q;
  logic [LANE_BITS-1:0] words2_q;

  logic [16*BANKS*C-1:0] packed_half;
  logic [WIDTH-1:0] source;
  logic [WIDTH-1:0] turned;
  logic [512*CH-1:0] open_data_q;
  logic [WORDS-1:0] open_strobe_q;
  logic [512*CH-1:0] merged_data;
  logic [WORDS-1:0] merged_strobe;
  logic [$clog2(SF+1)-1:0] count;

  for (genvar e = 0; e < BANKS * C; e++) begin : gen_half
    assign packed_half[16*e+:16] = result_data_i[32*e+:16];
  end

  always_comb begin
    source = '0;
    if (kind2_q == VMEM) source = WIDTH'({vector_data_i, vector_data_i});
    else if (kind2_q == RESULT && half2_q) source = WIDTH'(packed_half);
    else if (kind2_q == RESULT) source = WIDTH'(result_data_i);
  end
  rotate #(.LANES(1 << SHIFT_BITS), .WIDTH(64)) turn (.data_i(source), .by_i(shift2_q), .data_o(turned));

  logic [WORDS-1:0] nonfinite_q;
  for (genvar l = 0; l < WORDS; l++) begin : gen_lane
    logic [LANE_BITS-1:0] distance;
    logic enable;
    assign distance = LANE_BITS'(l) - lane2_q;
    assign enable = valid2_q && distance <= words2_q;
    assign merged_data[64*l+:64] = enable ? turned[64*l+:64] : open_data_q[64*l+:64];
    assign merged_strobe[l] = enable || (open_strobe_q[l] && !(valid2_q && fresh2_q));
    // A value whose exponent is all ones: four FP16 or two FP32 in a word.
    logic [3:0] half_found;
    logic [1:0] single_found;
    for (genvar i = 0; i < 4; i++) begin : gen_half_found
      assign half_found[i] = &turned[64*l+16*i+10+:5];
    end
    for (genvar i = 0; i < 2; i++) begin : gen_single_found
      assign single_found[i] = &turned[64*l+32*i+23+:8];
    end
    always_ff @(posedge clk_i) begin
      if (!rst_ni) nonfinite_q[l] <= 1'b0;
      else nonfinite_q[l] <= enable && kind2_q == RESULT && (half2_q ? half_found != 4'd0 : single_found != 2'd0);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid1_q <= 1'b0;
      valid2_q <= 1'b0;
      push1_q  <= 1'b0;
      open_strobe_q <= '0;
    end else begin
      valid1_q <= piece_valid_i;
      valid2_q <= valid1_q;
      push1_q  <= push_i;
      open_strobe_q <= merged_strobe;
    end
  end

  always_ff @(posedge clk_i) begin
    kind1_q  <= piece_kind_i;
    half1_q  <= piece_half_i;
    fresh1_q <= piece_fresh_i;
    shift1_q <= piece_shift_i;
    lane1_q  <= piece_lane_i;
    words1_q <= piece_words_i;
    kind2_q  <= kind1_q;
    half2_q  <= half1_q;
    fresh2_q <= fresh1_q;
    shift2_q <= shift1_q;
    lane2_q  <= lane1_q;
    words2_q <= words1_q;
    open_data_q <= merged_data;
  end

  sync_fifo #(.WIDTH(512 * CH + WORDS), .DEPTH(SF)) line_fifo (
      .clk_i(clk_i), .rst_ni(rst_ni), .push_i(push1_q), .data_i({merged_strobe, merged_data}), .pop_i(line_pop_i),
      .data_o({line_strobe_o, line_data_o}), .valid_o(line_valid_o), .count_o(count));

  assign nonfinite_o = nonfinite_q != '0;

  logic unused;
  assign unused = &{1'b0, count, turned};
endmodule

`default_nettype wire
