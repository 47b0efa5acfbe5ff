// Test bench top: the arithmetic units of a USPE, of the result path and of a vector lane; docs/architecture/numerics.md.
// Units with a parameter for their latency stand here once for every latency.
`default_nettype none

module fp_bench (
    /// Clock.
    input  wire logic        clk_i,
    /// Factors, FP16.
    input  wire logic [15:0] mul_a_i,
    input  wire logic [15:0] mul_b_i,
    /// Their product L cycles later, L = 1..3: {sign, NaN, exponent, significand} of fp16_mul in bits 32*(L-1) +: 32.
    output logic [95:0]      mul_o,
    /// The same where a zero b skips.
    output logic [95:0]      skip_o,
    /// FP32, canonical.
    input  wire logic [31:0] mac_i,
    /// mac_i plus the product of the factors (a zero b skips) 3+L cycles later, L = 2..6, in bits 32*(L-2) +: 32.
    output logic [159:0]     mac_o,
    /// Summands, FP32.
    input  wire logic [31:0] add_a_i,
    input  wire logic [31:0] add_b_i,
    /// Their sum L cycles later, L = 2..6, in bits 32*(L-2) +: 32.
    output logic [159:0]     add_o,
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
  logic [16:0] mul_a, mul_b;
  fp16_normal normal_a (.x_i(mul_a_i), .y_o(mul_a));
  fp16_normal normal_b (.x_i(mul_b_i), .y_o(mul_b));
  for (genvar l = 1; l <= 3; l++) begin : gen_mul
    fp16_mul #(.LATENCY(l), .ZERO_SKIPS(0)) multiplier (
        .clk_i(clk_i), .a_i(mul_a), .b_i(mul_b), .p_sign_o(mul_o[32*l-1]), .p_nan_o(mul_o[32*l-2]),
        .p_exponent_o(mul_o[32*l-10+:8]), .p_significand_o(mul_o[32*l-32+:22]));
    fp16_mul #(.LATENCY(l), .ZERO_SKIPS(1)) skipping (
        .clk_i(clk_i), .a_i(mul_a), .b_i(mul_b), .p_sign_o(skip_o[32*l-1]), .p_nan_o(skip_o[32*l-2]),
        .p_exponent_o(skip_o[32*l-10+:8]), .p_significand_o(skip_o[32*l-32+:22]));
  end
  logic [31:0] mac1_q, mac2_q, mac3_q;
  always_ff @(posedge clk_i) {mac3_q, mac2_q, mac1_q} <= {mac2_q, mac1_q, mac_i};
  for (genvar l = 2; l <= 6; l++) begin : gen_add
    fp32_add #(.LATENCY(l)) adder (.clk_i(clk_i), .a_i(add_a_i), .b_i(add_b_i), .s_o(add_o[32*(l-2)+:32]));
    fp32_sum #(.LATENCY(l), .FULL(0)) accumulator (
        .clk_i(clk_i), .a_i(mac3_q), .b_sign_i(skip_o[95]), .b_exponent_i(skip_o[93:86]),
        .b_significand_i({skip_o[85:64], 3'b000}), .b_nan_i(skip_o[94]), .s_o(mac_o[32*(l-2)+:32]));
  end
  fp32_to_fp16 converter (.x_i(convert_i), .y_o(convert_o));
  fp32_mul factors (.clk_i(clk_i), .a_i(product_a_i), .b_i(product_b_i), .p_o(product_o));
  fp32_div_sqrt ratio (
      .clk_i(clk_i), .valid_i(ratio_valid_i), .sqrt_i(ratio_sqrt_i), .a_i(ratio_a_i), .b_i(ratio_b_i), .y_o(ratio_o));
  fp16_to_fp32 widener (.x_i(widen_i), .y_o(widen_o));
endmodule

`default_nettype wire
