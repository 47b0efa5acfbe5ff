// Product of two normal FP16 (fp16_normal.sv), exact, as fp32_sum takes it; docs/architecture/numerics.md §4, §7.
//
// The significand of a product of two significands in [1, 2) lies in [1, 4). It is left so: the sum that it goes into is
// normalised anyway. The 11x11 product is one DSP48E2.
`default_nettype none

module fp16_mul #(
    /// Cycles from operands to product, 1 to 3: registers after the unpacking (from 2 on), before it (3) and at the end.
    parameter int unsigned LATENCY = sat_isa::T_MUL_LATENCY,
    /// 1: where b is a zero the product is -0, whatever a is: adding it changes nothing. 0: IEEE.
    parameter bit ZERO_SKIPS = 0
) (
    /// Clock.
    input  wire logic        clk_i,
    /// Operands, normal FP16.
    input  wire logic [16:0] a_i,
    input  wire logic [16:0] b_i,
    /// LATENCY cycles later the product is (-1)^sign * significand * 2^(exponent - 147). The significand is 0 or at least
    /// 2^20; exponent is 0 where it is 0, 255 for an infinity or NaN.
    output logic             p_sign_o,
    output logic [7:0]       p_exponent_o,
    output logic [21:0]      p_significand_o,
    /// It is NaN.
    output logic             p_nan_o
);
  if (LATENCY < 1 || LATENCY > 3) begin : gen_check
    $error("fp16_mul: LATENCY must be 1 to 3");
  end

  logic [16:0] a, b;
  pipe_stage #(.WIDTH(34), .ENABLE(LATENCY >= 3)) operands (.clk_i(clk_i), .data_i({a_i, b_i}), .data_o({a, b}));

  logic a_zero, b_zero, a_max, b_max, skip;
  assign a_zero = a[15:10] == 6'd38;
  assign b_zero = b[15:10] == 6'd38;
  assign a_max = a[15:14] == 2'b01;
  assign b_max = b[15:14] == 2'b01;
  assign skip = ZERO_SKIPS && b_zero;

  // Codes are exponents + 48 modulo 64, at least 38 before the wrap: bit 6 is the inverse of bit 5. The product's exponent is
  // the sum of both + 97 - 96; the pair of ones below is the one.
  logic max, nan, zero, sign;
  logic [8:0] exponent;
  assign exponent = {1'b0, ~a[15], a[15:10], 1'b1} + {1'b0, ~b[15], b[15:10], 1'b1};
  assign max = (a_max || b_max) && !skip;
  assign nan = !skip && ((a_max && a[9]) || (b_max && b[9]) || (a_max && b_zero) || (b_max && a_zero));
  assign zero = skip || ((a_zero || b_zero) && !max);
  assign sign = skip || (a[16] ^ b[16]);

  logic [21:0] significand;
  assign significand = {1'b1, a[9:0]} * {1'b1, b[9:0]};

  logic [7:0] exponent1, exponent2;
  logic [21:0] significand1, significand2;
  logic sign1, nan1, zero1;
  pipe_stage #(.WIDTH(33), .ENABLE(LATENCY >= 2)) unpacked (
      .clk_i(clk_i), .data_i({sign, nan, zero, max ? 8'hFF : exponent[8:1], significand}),
      .data_o({sign1, nan1, zero1, exponent1, significand1}));
  assign exponent2 = zero1 ? 8'd0 : exponent1;
  assign significand2 = zero1 ? 22'd0 : significand1;
  pipe_stage #(.WIDTH(32), .ENABLE(1)) product (
      .clk_i(clk_i), .data_i({sign1, nan1, exponent2, significand2}),
      .data_o({p_sign_o, p_nan_o, p_exponent_o, p_significand_o}));

  logic unused;
  assign unused = &{1'b0, exponent[0]};
endmodule

`default_nettype wire
