// Test bench top: the arithmetic units of a USPE and of the result path; docs/architecture/numerics.md.
`default_nettype none

module fp_bench (
    /// Clock.
    input  wire logic        clk_i,
    /// Factors, FP16.
    input  wire logic [15:0] mul_a_i,
    input  wire logic [15:0] mul_b_i,
    /// Their product, T_MUL_LATENCY cycles later.
    output logic [31:0]      mul_o,
    /// Summands, FP32.
    input  wire logic [31:0] add_a_i,
    input  wire logic [31:0] add_b_i,
    /// Their sum, T_ADD_LATENCY cycles later.
    output logic [31:0]      add_o,
    /// FP32 value to convert.
    input  wire logic [31:0] convert_i,
    /// The same in FP16, in the same cycle.
    output logic [15:0]      convert_o
);
  fp16_mul multiplier (.clk_i(clk_i), .a_i(mul_a_i), .b_i(mul_b_i), .p_o(mul_o));
  fp32_add adder (.clk_i(clk_i), .a_i(add_a_i), .b_i(add_b_i), .s_o(add_o));
  fp32_to_fp16 converter (.x_i(convert_i), .y_o(convert_o));
endmodule

`default_nettype wire
