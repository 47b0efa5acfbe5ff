// What travels beside data through a pipeline: a shift register. Its stages have no reset; instead, nothing but zeros
// leaves until what they held has left.
`default_nettype none

module tag_delay #(
    /// Bits.
    parameter int unsigned WIDTH = 8,
    /// Cycles, at least 2.
    parameter int unsigned STAGES = 4
) (
    /// Clock.
    input  wire logic             clk_i,
    /// Synchronous reset, active low.
    input  wire logic             rst_ni,
    /// Enters in cycle t.
    input  wire logic [WIDTH-1:0] data_i,
    /// Leaves in cycle t + STAGES.
    output logic [WIDTH-1:0]      data_o
);
  localparam int unsigned EARLIER = STAGES - 1;  // all but the last stage
  localparam int unsigned AGE_BITS = $clog2(EARLIER + 1);

  logic [WIDTH*EARLIER-1:0] stages_q;
  logic [AGE_BITS-1:0] age_q;  // cycles since reset, up to EARLIER
  always_ff @(posedge clk_i) begin
    stages_q <= (WIDTH * EARLIER)'({stages_q, data_i});
    if (!rst_ni) age_q <= '0;
    else if (age_q != AGE_BITS'(EARLIER)) age_q <= age_q + 1'b1;
    data_o <= rst_ni && age_q == AGE_BITS'(EARLIER) ? stages_q[WIDTH*(EARLIER-1)+:WIDTH] : '0;
  end
endmodule

`default_nettype wire
