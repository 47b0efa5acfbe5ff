// FP16 x FP16 -> FP32, exact; docs/architecture/numerics.md.
//
// Two pipeline stages (T_MUL_LATENCY): operands in cycle t, product in cycle t+2. The 11x11 significand product is one
// DSP48E2. Subnormal operands are exact: the product is normalised. Every NaN is 0x7FC00000.
`default_nettype none

module fp16_mul (
    /// Clock.
    input  wire logic        clk_i,
    /// Operands, IEEE binary16.
    input  wire logic [15:0] a_i,
    input  wire logic [15:0] b_i,
    /// Product, IEEE binary32, two cycles later.
    output logic [31:0]      p_o
);
  localparam logic [31:0] NAN = 32'h7FC0_0000;

  logic [21:0] product_q;
  logic [5:0] exponent_q;  // sum of the biased exponents, subnormals counted as 1
  logic sign_q;
  logic nan_q;
  logic inf_q;

  logic a_max, b_max, a_zero, b_zero, a_nan, b_nan;
  assign a_max  = &a_i[14:10];
  assign b_max  = &b_i[14:10];
  assign a_zero = a_i[14:0] == 15'd0;
  assign b_zero = b_i[14:0] == 15'd0;
  assign a_nan  = a_max && a_i[9:0] != 10'd0;
  assign b_nan  = b_max && b_i[9:0] != 10'd0;

  logic [10:0] a_significand, b_significand;
  logic [5:0] a_exponent, b_exponent;
  assign a_significand = {a_i[14:10] != 5'd0, a_i[9:0]};
  assign b_significand = {b_i[14:10] != 5'd0, b_i[9:0]};
  assign a_exponent = a_i[14:10] == 5'd0 ? 6'd1 : {1'b0, a_i[14:10]};
  assign b_exponent = b_i[14:10] == 5'd0 ? 6'd1 : {1'b0, b_i[14:10]};

  always_ff @(posedge clk_i) begin
    product_q  <= a_significand * b_significand;
    exponent_q <= a_exponent + b_exponent;
    sign_q     <= a_i[15] ^ b_i[15];
    nan_q      <= a_nan || b_nan || (a_max && b_zero) || (b_max && a_zero);
    inf_q      <= a_max || b_max;
  end

  // The product is P * 2^(exponent - 50). With its leading one at bit L the FP32 exponent is L + exponent + 77.
  logic [4:0] shift;  // 21 - L
  always_comb begin
    shift = 5'd21;
    for (int i = 0; i < 22; i++) begin
      if (product_q[i]) shift = 5'd21 - 5'(i);
    end
  end
  logic [21:0] normal;
  assign normal = product_q << shift;
  logic [7:0] exponent;
  assign exponent = 8'd98 + {2'b00, exponent_q} - {3'b000, shift};

  always_ff @(posedge clk_i) begin
    if (nan_q) p_o <= NAN;
    else if (inf_q) p_o <= {sign_q, 8'hFF, 23'd0};
    else if (product_q == 22'd0) p_o <= {sign_q, 31'd0};
    else p_o <= {sign_q, exponent, normal[20:0], 2'b00};
  end

  logic unused;
  assign unused = &{1'b0, normal[21]};
endmodule

`default_nettype wire
