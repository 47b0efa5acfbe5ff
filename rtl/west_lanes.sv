// The array row that every lane of a line goes to in the west buffers; docs/architecture/contract.md §4 (destinations).
`default_nettype none

module west_lanes #(
    /// Array rows, a power of two.
    parameter int unsigned R = 4,
    /// Lanes of a line.
    parameter int unsigned LANES = 8
) (
    /// WEST_SPREAD (every lane its own row), WEST_QUADS (every lane its own four rows), else WEST (one row).
    input  wire logic                       spread_i,
    input  wire logic                       quads_i,
    /// Lane of the first word; lanes below it belong to the next line.
    input  wire logic [$clog2(LANES)-1:0]   first_lane_i,
    /// WEST: the row.
    input  wire logic [$clog2(R)-1:0]       row_i,
    /// WEST_SPREAD, WEST_QUADS: word number of lane 0 of the first line. WEST_SPREAD: log2 of the words of a group.
    input  wire logic [15:0]                spread_word_i,
    input  wire logic [1:0]                 group_shift_i,
    /// Lane l's row in bits ROW_BITS*l +: ROW_BITS; WEST_QUADS: the first of its four.
    output logic [LANES*$clog2(R)-1:0]      rows_o
);
  localparam int unsigned LANE_BITS = $clog2(LANES);
  localparam int unsigned ROW_BITS = $clog2(R);

  for (genvar l = 0; l < LANES; l++) begin : gen_lane
    logic [15:0] number;
    logic [15:0] group;
    assign number = spread_word_i + 16'(l) + (({1'b0, first_lane_i} > (LANE_BITS + 1)'(l)) ? 16'(LANES) : 16'd0);
    assign group = number >> group_shift_i;
    assign rows_o[ROW_BITS*l+:ROW_BITS] =
        quads_i ? ROW_BITS'({number, 2'b00}) : spread_i ? group[ROW_BITS-1:0] : row_i;
    logic unused;
    assign unused = &{1'b0, number, group};
  end
endmodule

`default_nettype wire
