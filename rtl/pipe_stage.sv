// One optional register of a pipeline whose depth is a parameter: a register where ENABLE is 1, a wire where it is 0.
`default_nettype none

module pipe_stage #(
    /// Bits.
    parameter int unsigned WIDTH = 8,
    /// 1: one cycle of delay, 0: none.
    parameter bit ENABLE = 1
) (
    /// Clock.
    input  wire logic             clk_i,
    /// Enters in cycle t.
    input  wire logic [WIDTH-1:0] data_i,
    /// Leaves in cycle t + ENABLE.
    output logic [WIDTH-1:0]      data_o
);
  if (ENABLE) begin : gen_register
    logic [WIDTH-1:0] data_q;
    always_ff @(posedge clk_i) data_q <= data_i;
    assign data_o = data_q;
  end else begin : gen_wire
    assign data_o = data_i;
    logic unused;
    assign unused = &{1'b0, clk_i};
  end
endmodule

`default_nettype wire
