// The vector memory: LOAD writes it, VEC reads and writes it, STORE reads it; docs/architecture/contract.md §4
// (destinations), §7 (sources), vector.md §2.
//
// One memory a lane and half, each with an address of its own, so that a line of words can start at any word. Each half has
// one write and one read port. VEC reads the lower half and writes the upper one, and goes before LOAD and STORE there; a
// program that uses VEC loads into the lower half and stores from the upper one, so that nothing is turned away. A word
// written in cycle t is readable from t+1 on; data come two cycles after the read.
`default_nettype none

module vmem #(
    /// Ganged memory channels.
    parameter int unsigned CH = 1,
    /// Lines, a power of two.
    parameter int unsigned DEPTH = 128
) (
    /// Clock.
    input  wire logic                       clk_i,
    /// LOAD: write the lanes of `wr_lane_en_i`.
    input  wire logic                       wr_valid_i,
    /// LOAD: words in their lanes.
    input  wire logic [512*CH-1:0]          wr_data_i,
    /// LOAD: lanes that are written.
    input  wire logic [8*CH-1:0]            wr_lane_en_i,
    /// LOAD: line of the first word.
    input  wire logic [15:0]                wr_line_i,
    /// LOAD: lane of the first word; lanes below it belong to the next line.
    input  wire logic [$clog2(8*CH)-1:0]    wr_first_lane_i,
    /// STORE: read a line of words.
    input  wire logic                       rd_valid_i,
    /// STORE: number of the first word.
    input  wire logic [15+$clog2(8*CH):0]   rd_word_i,
    /// STORE: two cycles later, each lane's word of the line, or of the next below the first word's lane.
    output logic [512*CH-1:0]               rd_data_o,
    /// VEC: read a line of words of the lower half.
    input  wire logic                       vec_rd_valid_i,
    /// VEC: number of the first word.
    input  wire logic [15+$clog2(8*CH):0]   vec_rd_word_i,
    /// VEC: as `rd_data_o`.
    output logic [512*CH-1:0]               vec_rd_data_o,
    /// VEC: write the lanes of `vec_wr_lane_en_i` in the upper half.
    input  wire logic                       vec_wr_valid_i,
    /// VEC: words in their lanes.
    input  wire logic [512*CH-1:0]          vec_wr_data_i,
    /// VEC: lanes that are written.
    input  wire logic [8*CH-1:0]            vec_wr_lane_en_i,
    /// VEC: line of the first word.
    input  wire logic [15:0]                vec_wr_line_i,
    /// VEC: lane of the first word; lanes below it belong to the next line.
    input  wire logic [$clog2(8*CH)-1:0]    vec_wr_first_lane_i
);
  localparam int unsigned WORDS = 8 * CH;
  localparam int unsigned LANE_BITS = $clog2(WORDS);
  localparam int unsigned ADDRESS_BITS = $clog2(DEPTH);
  localparam int unsigned HALF_BITS = ADDRESS_BITS - 1;

  if ((DEPTH & (DEPTH - 1)) != 0 || DEPTH < 4) begin : gen_check
    $error("vmem: DEPTH must be a power of two, at least 4");
  end

  // Every lane's line, of each of the four ports.
  logic [WORDS*ADDRESS_BITS-1:0] wr_lines, rd_lines, vec_rd_lines, vec_wr_lines;
  lane_lines #(.LANES(WORDS), .BITS(ADDRESS_BITS)) wr_target (
      .line_i(wr_line_i[ADDRESS_BITS-1:0]), .first_lane_i(wr_first_lane_i), .lines_o(wr_lines));
  lane_lines #(.LANES(WORDS), .BITS(ADDRESS_BITS)) rd_target (
      .line_i(rd_word_i[LANE_BITS+:ADDRESS_BITS]), .first_lane_i(rd_word_i[LANE_BITS-1:0]), .lines_o(rd_lines));
  lane_lines #(.LANES(WORDS), .BITS(ADDRESS_BITS)) vec_rd_target (
      .line_i(vec_rd_word_i[LANE_BITS+:ADDRESS_BITS]), .first_lane_i(vec_rd_word_i[LANE_BITS-1:0]),
      .lines_o(vec_rd_lines));
  lane_lines #(.LANES(WORDS), .BITS(ADDRESS_BITS)) vec_wr_target (
      .line_i(vec_wr_line_i[ADDRESS_BITS-1:0]), .first_lane_i(vec_wr_first_lane_i), .lines_o(vec_wr_lines));

  for (genvar l = 0; l < WORDS; l++) begin : gen_lane
    (* ram_style = "ultra" *)
    logic [63:0] lower_q [0:DEPTH/2-1];
    (* ram_style = "ultra" *)
    logic [63:0] upper_q [0:DEPTH/2-1];
    logic [63:0] lower_read_q, lower_data_q;
    logic [63:0] upper_read_q, upper_data_q;
    logic upper1_q, upper2_q;  // STORE's word of one and two cycles ago lies in the upper half
    logic [ADDRESS_BITS-1:0] wr_address, rd_address, vec_rd_address, vec_wr_address;
    logic [HALF_BITS-1:0] lower_rd_address, upper_wr_address;
    logic lower_read, lower_write, upper_write;

    assign wr_address = wr_lines[ADDRESS_BITS*l+:ADDRESS_BITS];
    assign rd_address = rd_lines[ADDRESS_BITS*l+:ADDRESS_BITS];
    assign vec_rd_address = vec_rd_lines[ADDRESS_BITS*l+:ADDRESS_BITS];
    assign vec_wr_address = vec_wr_lines[ADDRESS_BITS*l+:ADDRESS_BITS];

    assign lower_write = wr_valid_i && wr_lane_en_i[l] && !wr_address[HALF_BITS];
    assign lower_read = vec_rd_valid_i || rd_valid_i;
    assign lower_rd_address = vec_rd_valid_i ? vec_rd_address[HALF_BITS-1:0] : rd_address[HALF_BITS-1:0];
    always_ff @(posedge clk_i) begin
      if (lower_write) lower_q[wr_address[HALF_BITS-1:0]] <= wr_data_i[64*l+:64];
    end
    always_ff @(posedge clk_i) begin
      if (lower_read) lower_read_q <= lower_q[lower_rd_address];
      lower_data_q <= lower_read_q;
    end

    assign upper_write =
        vec_wr_valid_i ? vec_wr_lane_en_i[l] : wr_valid_i && wr_lane_en_i[l] && wr_address[HALF_BITS];
    assign upper_wr_address = vec_wr_valid_i ? vec_wr_address[HALF_BITS-1:0] : wr_address[HALF_BITS-1:0];
    always_ff @(posedge clk_i) begin
      if (upper_write) upper_q[upper_wr_address] <= vec_wr_valid_i ? vec_wr_data_i[64*l+:64] : wr_data_i[64*l+:64];
    end
    always_ff @(posedge clk_i) begin
      if (rd_valid_i) upper_read_q <= upper_q[rd_address[HALF_BITS-1:0]];
      upper_data_q <= upper_read_q;
    end

    always_ff @(posedge clk_i) begin
      upper1_q <= rd_address[HALF_BITS];
      upper2_q <= upper1_q;
    end
    assign rd_data_o[64*l+:64] = upper2_q ? upper_data_q : lower_data_q;
    assign vec_rd_data_o[64*l+:64] = lower_data_q;

    logic unused_address;
    assign unused_address = &{1'b0, vec_rd_address, vec_wr_address};
  end

  logic unused;
  assign unused = &{1'b0, wr_line_i, rd_word_i, vec_rd_word_i, vec_wr_line_i};
endmodule

`default_nettype wire
