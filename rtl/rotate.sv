// Lanes turned round, without a register: a layer of two-way choices for every bit of the distance. An indexed part select
// would say the same, and Yosys would make a shift of single bits of it, several times as large.
`default_nettype none

module rotate #(
    /// Lanes, a power of two of at least 2.
    parameter int unsigned LANES = 8,
    /// Bits of a lane.
    parameter int unsigned WIDTH = 64
) (
    /// Lanes, the first in the low bits.
    input  wire logic [LANES*WIDTH-1:0]     data_i,
    /// Lane l takes lane (l + by) mod LANES.
    input  wire logic [$clog2(LANES)-1:0]   by_i,
    /// The result, in the same cycle.
    output logic [LANES*WIDTH-1:0]          data_o
);
  localparam int unsigned BITS = $clog2(LANES);
  localparam int unsigned TOTAL = LANES * WIDTH;

  logic [TOTAL-1:0] turned;
  always_comb begin
    turned = data_i;
    for (int b = BITS - 1; b >= 0; b--) begin  // the long way first: where only some lanes are used, less of it is needed
      if (by_i[b]) turned = (turned >> (WIDTH << b)) | (turned << (TOTAL - (WIDTH << b)));
    end
  end
  assign data_o = turned;
endmodule

`default_nettype wire
