// FP32 addition of any two operands, round to nearest even; docs/architecture/numerics.md §5.
//
// Operands with exponent 0 count as zeros of their sign; a result with exponent 0 becomes a zero of its sign; every NaN is 0x7FC00000.
`default_nettype none

module fp32_add #(
    /// Cycles from operands to sum, 2 to 6 (fp32_sum.sv).
    parameter int unsigned LATENCY = sat_isa::T_ADD_LATENCY,
    /// Operands are canonical: zeros without a fraction, NaN only with its first bit set, of either sign.
    parameter bit CANONICAL = 0
) (
    /// Clock.
    input  wire logic        clk_i,
    /// Operands, IEEE binary32.
    input  wire logic [31:0] a_i,
    input  wire logic [31:0] b_i,
    /// Sum, LATENCY cycles later.
    output logic [31:0]      s_o
);
  logic a_nan, b_nan, a_zero, b_zero;
  assign a_nan = &a_i[30:23] && (CANONICAL ? a_i[22] : a_i[22:0] != 23'd0);
  assign b_nan = &b_i[30:23] && (CANONICAL ? b_i[22] : b_i[22:0] != 23'd0);
  assign a_zero = a_i[30:23] == 8'd0;
  assign b_zero = b_i[30:23] == 8'd0;
  logic [22:0] a_fraction, b_fraction;
  assign a_fraction = CANONICAL ? a_i[22:0] : a_zero ? 23'd0 : {a_i[22] || a_nan, a_i[21:0]};
  assign b_fraction = CANONICAL || !b_zero ? b_i[22:0] : 23'd0;
  fp32_sum #(.LATENCY(LATENCY), .FULL(1)) adder (
      .clk_i(clk_i), .a_i({a_i[31:23], a_fraction}), .b_sign_i(b_i[31]), .b_exponent_i(b_i[30:23]),
      .b_significand_i({1'b0, !b_zero, b_fraction}), .b_nan_i(b_nan), .s_o(s_o));
endmodule

`default_nettype wire
