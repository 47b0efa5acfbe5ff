// FP32 multiplication, round to nearest even; docs/architecture/numerics.md, vector.md §3.
//
// Five pipeline stages: operands in cycle t, product in cycle t+5. Operands with exponent 0 count as zeros of their
// sign, every NaN is 0x7FC00000. IEEE rounding comes before the flush: a product in the subnormal range becomes a zero of
// its sign, except where rounding at the subnormal position carries it to 2^-126. The 24x24 significand product is two
// DSP48E2 with registers before, inside and after.
`default_nettype none

module fp32_mul #(
    /// Operands are canonical: zeros without a fraction, NaN only with its first bit set, of either sign.
    parameter bit CANONICAL = 0
) (
    /// Clock.
    input  wire logic        clk_i,
    /// Operands, IEEE binary32.
    input  wire logic [31:0] a_i,
    input  wire logic [31:0] b_i,
    /// Product, five cycles later.
    output logic [31:0]      p_o
);
  localparam logic [31:0] NAN = 32'h7FC0_0000;

  // 1: unpack. Special results are found here and travel along.
  logic a_max, b_max, a_zero, b_zero, a_nan, b_nan;
  assign a_max  = &a_i[30:23];
  assign b_max  = &b_i[30:23];
  assign a_zero = a_i[30:23] == 8'd0;
  assign b_zero = b_i[30:23] == 8'd0;
  assign a_nan  = a_max && (CANONICAL ? a_i[22] : a_i[22:0] != 23'd0);
  assign b_nan  = b_max && (CANONICAL ? b_i[22] : b_i[22:0] != 23'd0);

  logic [23:0] a1_q, b1_q;
  logic [8:0] exponent1_q, exponent2_q, exponent3_q;  // sum of the biased exponents
  logic sign1_q, sign2_q, sign3_q, sign4_q;
  logic nan1_q, nan2_q, nan3_q, nan4_q;
  logic inf1_q, inf2_q, inf3_q, inf4_q;
  logic zero1_q, zero2_q, zero3_q, zero4_q;
  logic [47:0] product2_q, product3_q;

  always_ff @(posedge clk_i) begin
    a1_q <= {1'b1, a_i[22:0]};
    b1_q <= {1'b1, b_i[22:0]};
    exponent1_q <= {1'b0, a_i[30:23]} + {1'b0, b_i[30:23]};
    sign1_q <= a_i[31] ^ b_i[31];
    nan1_q  <= a_nan || b_nan || (a_max && b_zero) || (b_max && a_zero);
    inf1_q  <= a_max || b_max;
    zero1_q <= a_zero || b_zero;
  end

  // 2, 3: the product.
  always_ff @(posedge clk_i) begin
    product2_q <= a1_q * b1_q;
    product3_q <= product2_q;
    exponent2_q <= exponent1_q;
    exponent3_q <= exponent2_q;
    sign2_q <= sign1_q;
    sign3_q <= sign2_q;
    nan2_q <= nan1_q;
    nan3_q <= nan2_q;
    inf2_q <= inf1_q;
    inf3_q <= inf2_q;
    zero2_q <= zero1_q;
    zero3_q <= zero2_q;
  end

  // 4: normalise; the leading one is bit 47 or 46.
  logic high;
  assign high = product3_q[47];
  logic [23:0] kept4_q;
  logic up4_q;
  logic signed [10:0] exponent4_q;  // field of the unrounded product, of any size
  always_ff @(posedge clk_i) begin
    kept4_q <= high ? product3_q[47:24] : product3_q[46:23];
    up4_q <= high ? product3_q[23] && (product3_q[24] || product3_q[22:0] != 23'd0)
                  : product3_q[22] && (product3_q[23] || product3_q[21:0] != 22'd0);
    exponent4_q <= $signed({2'b00, exponent3_q}) - 11'sd127 + (high ? 11'sd1 : 11'sd0);
    sign4_q <= sign3_q;
    nan4_q  <= nan3_q;
    inf4_q  <= inf3_q;
    zero4_q <= zero3_q;
  end

  // 5: round, pack. With field 0 and all 24 bits set the value is nearest to 2^-126.
  logic [24:0] rounded;
  assign rounded = {1'b0, kept4_q} + 25'(up4_q);
  logic signed [10:0] final_exponent;
  assign final_exponent = exponent4_q + (rounded[24] ? 11'sd1 : 11'sd0);
  always_ff @(posedge clk_i) begin
    if (nan4_q) p_o <= NAN;
    else if (inf4_q) p_o <= {sign4_q, 8'hFF, 23'd0};
    else if (zero4_q || exponent4_q < 11'sd0) p_o <= {sign4_q, 31'd0};
    else if (exponent4_q == 11'sd0) p_o <= {sign4_q, 7'd0, &kept4_q, 23'd0};
    else if (final_exponent >= 11'sd255) p_o <= {sign4_q, 8'hFF, 23'd0};
    else p_o <= {sign4_q, final_exponent[7:0], rounded[24] ? 23'd0 : rounded[22:0]};
  end

  logic unused;
  assign unused = &{1'b0, final_exponent[10:8], rounded[23]};
endmodule

`default_nettype wire
