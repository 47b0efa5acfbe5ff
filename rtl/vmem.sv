// The vector memory: LOAD writes it, STORE reads it; docs/architecture/contract.md §4 (destinations), §7 (sources).
//
// One memory a lane, each with an address of its own, so that a line of words can start at any word. A word written in
// cycle t is readable from t+1 on; data come two cycles after the read.
`default_nettype none

module vmem #(
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Lines.
    parameter int unsigned DEPTH = 128
) (
    /// Clock.
    input  wire logic                       clk_i,
    /// Write the lanes of `wr_lane_en_i`.
    input  wire logic                       wr_valid_i,
    /// Words in their lanes.
    input  wire logic [512*CH-1:0]          wr_data_i,
    /// Lanes that are written.
    input  wire logic [8*CH-1:0]            wr_lane_en_i,
    /// Line of the first word.
    input  wire logic [15:0]                wr_line_i,
    /// Lane of the first word; lanes below it belong to the next line.
    input  wire logic [$clog2(8*CH)-1:0]    wr_first_lane_i,
    /// Read a line of words.
    input  wire logic                       rd_valid_i,
    /// Number of the first word.
    input  wire logic [15+$clog2(8*CH):0]   rd_word_i,
    /// Two cycles later: each lane's word of the line, or of the next below the first word's lane.
    output logic [512*CH-1:0]               rd_data_o
);
  localparam int unsigned WORDS = 8 * CH;
  localparam int unsigned LANE_BITS = $clog2(WORDS);
  localparam int unsigned ADDRESS_BITS = $clog2(DEPTH);

  for (genvar l = 0; l < WORDS; l++) begin : gen_lane
    (* ram_style = "ultra" *)
    logic [63:0] memory_q [0:DEPTH-1];
    logic [63:0] read_q;
    logic [63:0] data_q;
    logic [ADDRESS_BITS-1:0] wr_address;
    logic [ADDRESS_BITS-1:0] rd_address;

    assign wr_address = wr_line_i[ADDRESS_BITS-1:0] + ADDRESS_BITS'({1'b0, wr_first_lane_i} > (LANE_BITS + 1)'(l));
    assign rd_address =
        rd_word_i[LANE_BITS+:ADDRESS_BITS] + ADDRESS_BITS'({1'b0, rd_word_i[LANE_BITS-1:0]} > (LANE_BITS + 1)'(l));

    always_ff @(posedge clk_i) begin
      if (wr_valid_i && wr_lane_en_i[l]) memory_q[wr_address] <= wr_data_i[64*l+:64];
    end
    always_ff @(posedge clk_i) begin
      if (rd_valid_i) read_q <= memory_q[rd_address];
      data_q <= read_q;
    end
    assign rd_data_o[64*l+:64] = data_q;
  end

  logic unused;
  assign unused = &{1'b0, wr_line_i, rd_word_i};
endmodule

`default_nettype wire
