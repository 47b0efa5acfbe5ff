// The array rows that every lane of a line goes to in the west buffers; docs/architecture/contract.md §4 (destinations).
`default_nettype none

module west_lanes #(
    /// Array rows, a power of two.
    parameter int unsigned R = 4,
    /// Lanes of a line.
    parameter int unsigned LANES = 8
) (
    /// Lanes that are written.
    input  wire logic [LANES-1:0]           enable_i,
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
    /// Lane l's rows in bits T*l +: T, where T is log2(R) + 1, at least 3. From bit 3 on the quad of rows; below 0 to 3, the row in
    /// it, or 4, none, or 5, all four (WEST_QUADS). So a row of an array of 32 needs one gate a lane to see whether it is meant.
    output logic [LANES*(R < 4 ? 3 : $clog2(R) + 1)-1:0] rows_o
);
  localparam int unsigned LANE_BITS = $clog2(LANES);
  localparam int unsigned ROW_BITS = $clog2(R);
  localparam int unsigned TARGET_BITS = R < 4 ? 3 : ROW_BITS + 1;

  for (genvar l = 0; l < LANES; l++) begin : gen_lane
    logic [15:0] number;
    logic [15:0] group;
    assign number = spread_word_i + 16'(l) + (({1'b0, first_lane_i} > (LANE_BITS + 1)'(l)) ? 16'(LANES) : 16'd0);
    assign group = number >> group_shift_i;
    logic [ROW_BITS-1:0] row;  // WEST_QUADS: the first of four
    assign row = quads_i ? ROW_BITS'({number, 2'b00}) : spread_i ? group[ROW_BITS-1:0] : row_i;
    logic [TARGET_BITS-1:0] padded;
    assign padded = TARGET_BITS'(row);
    assign rows_o[TARGET_BITS*l+:3] = !enable_i[l] ? 3'd4 : quads_i ? 3'd5 : {1'b0, padded[1:0]};
    if (R > 4) begin : gen_quad
      assign rows_o[TARGET_BITS*l+3+:ROW_BITS-2] = row[ROW_BITS-1:2];
    end
    logic unused;
    assign unused = &{1'b0, number, group, padded};
  end
endmodule

`default_nettype wire
