// Test bench top: the arithmetic units of a USPE, of the result path and of a vector lane; docs/architecture/numerics.md.
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
    output logic [15:0]      convert_o,
    /// Factors, FP32.
    input  wire logic [31:0] product_a_i,
    input  wire logic [31:0] product_b_i,
    /// Their product, five cycles later.
    output logic [31:0]      product_o,
    /// A division or square root enters.
    input  wire logic        ratio_valid_i,
    /// It is a square root.
    input  wire logic        ratio_sqrt_i,
    /// Its operands, FP32.
    input  wire logic [31:0] ratio_a_i,
    input  wire logic [31:0] ratio_b_i,
    /// Its result, 28 cycles later.
    output logic [31:0]      ratio_o,
    /// FP16 value to widen.
    input  wire logic [15:0] widen_i,
    /// The same in FP32, in the same cycle.
    output logic [31:0]      widen_o
);
  fp16_mul multiplier (.clk_i(clk_i), .a_i(mul_a_i), .b_i(mul_b_i), .p_o(mul_o));
  fp32_add adder (.clk_i(clk_i), .a_i(add_a_i), .b_i(add_b_i), .s_o(add_o));
  fp32_to_fp16 converter (.x_i(convert_i), .y_o(convert_o));
  fp32_mul factors (.clk_i(clk_i), .a_i(product_a_i), .b_i(product_b_i), .p_o(product_o));
  fp32_div_sqrt ratio (
      .clk_i(clk_i), .valid_i(ratio_valid_i), .sqrt_i(ratio_sqrt_i), .a_i(ratio_a_i), .b_i(ratio_b_i), .y_o(ratio_o));
  fp16_to_fp32 widener (.x_i(widen_i), .y_o(widen_o));
endmodule

`default_nettype wire
