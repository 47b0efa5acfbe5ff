// FP32 as the engines keep it: what counts as a zero becomes one of its sign, every NaN 0x7FC00000; docs/architecture/numerics.md.
`default_nettype none

module fp32_canonical (
    /// Any IEEE binary32.
    input  wire logic [31:0] x_i,
    /// The same, in the same cycle.
    output logic [31:0]      x_o
);
  logic zero, nan;
  assign zero = x_i[30:23] == 8'd0;
  assign nan = &x_i[30:23] && x_i[22:0] != 23'd0;
  assign x_o = {x_i[31] && !nan, x_i[30:23], (x_i[22] && !zero) || nan, x_i[21:0] & {22{!zero && !nan}}};
endmodule

`default_nettype wire
