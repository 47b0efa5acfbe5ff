// FP32 division and square root, correctly rounded; docs/architecture/vector.md §3.
//
// One operation a cycle, 28 pipeline stages: operands in cycle t, result in cycle t+28. Two stages unpack and align, 25
// restoring radix-2 steps find 24 significant bits and the half, one rounds. Division and square root share the steps: in
// step k the remainder p (the running remainder times two) is compared with the divisor, or with 2q + 2^-k where q is the
// root so far. Operands and results as in fp32_mul, the rule for results near 2^-126 included.
`default_nettype none

module fp32_div_sqrt (
    /// Clock.
    input  wire logic        clk_i,
    /// An operation enters; without it the stages it would pass through keep their contents.
    input  wire logic        valid_i,
    /// Square root of `a_i`; otherwise `a_i / b_i`.
    input  wire logic        sqrt_i,
    /// Operands, IEEE binary32.
    input  wire logic [31:0] a_i,
    input  wire logic [31:0] b_i,
    /// Result, 28 cycles later.
    output logic [31:0]      y_o
);
  localparam logic [31:0] NAN = 32'h7FC0_0000;
  localparam int unsigned STEPS = 25;
  // Fixed point with 24 bits of fraction: p < 8.
  localparam int unsigned P_BITS = 27;

  // What travels beside the digits: sign, NaN, infinity, zero, exponent field.
  localparam int unsigned SIDE_BITS = 14;

  logic a_max, b_max, a_zero, b_zero, a_nan, b_nan;
  assign a_max  = &a_i[30:23];
  assign b_max  = &b_i[30:23];
  assign a_zero = a_i[30:23] == 8'd0;
  assign b_zero = b_i[30:23] == 8'd0;
  assign a_nan  = a_max && a_i[22:0] != 23'd0;
  assign b_nan  = b_max && b_i[22:0] != 23'd0;

  logic [STEPS:0] valid_q;  // bit s: stage s + 2 is taken
  always_ff @(posedge clk_i) valid_q <= {valid_q[STEPS-1:0], valid_i};

  // 1: unpack, special results.
  logic [22:0] a1_q, b1_q;
  logic sqrt1_q, odd1_q, sign1_q, nan1_q, inf1_q, zero1_q;
  logic signed [9:0] exponent1_q;
  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      a1_q    <= a_i[22:0];
      b1_q    <= b_i[22:0];
      sqrt1_q <= sqrt_i;
      odd1_q  <= !a_i[23];  // the bias is odd: an even field is an odd power of two
      if (sqrt_i) begin
        sign1_q <= a_i[31];
        nan1_q  <= a_nan || (a_i[31] && !a_zero);
        inf1_q  <= a_max;
        zero1_q <= a_zero;
        exponent1_q <= 10'sd63 + $signed({3'b000, a_i[30:24]}) + (a_i[23] ? 10'sd1 : 10'sd0);
      end else begin
        sign1_q <= a_i[31] ^ b_i[31];
        nan1_q  <= a_nan || b_nan || (a_max && b_max) || (a_zero && b_zero);
        inf1_q  <= a_max || b_zero;
        zero1_q <= a_zero || b_max;
        exponent1_q <= $signed({2'b00, a_i[30:23]}) - $signed({2'b00, b_i[30:23]}) + 10'sd127;
      end
    end
  end

  // 2: a quotient below one moves up by a bit; a radicand with an odd power of two is doubled.
  logic below;
  assign below = a1_q < b1_q;
  logic [P_BITS-1:0] first2_q;
  logic [23:0] divisor2_q;
  logic sqrt2_q;
  logic [SIDE_BITS-1:0] side2_q;
  always_ff @(posedge clk_i) begin
    if (valid_q[0]) begin
      first2_q <= (sqrt1_q ? odd1_q : below) ? {1'b0, 1'b1, a1_q, 2'b00} : {2'b00, 1'b1, a1_q, 1'b0};
      divisor2_q <= {1'b1, b1_q};
      sqrt2_q <= sqrt1_q;
      side2_q <= {sign1_q, nan1_q, inf1_q, zero1_q, exponent1_q - (!sqrt1_q && below ? 10'sd1 : 10'sd0)};
    end
  end

  // 3..27: one digit each.
  for (genvar k = 0; k < STEPS; k++) begin : gen_step
    logic [P_BITS-1:0] p, p_q;
    logic [STEPS-1:0] q, q_q;
    logic [23:0] divisor, divisor_q;
    logic root, root_q;
    logic [SIDE_BITS-1:0] side, side_q;
    logic [P_BITS-1:0] test;
    logic [P_BITS:0] difference;
    if (k == 0) begin : gen_first
      assign p = first2_q;
      assign q = '0;
      assign divisor = divisor2_q;
      assign root = sqrt2_q;
      assign side = side2_q;
    end else begin : gen_next
      assign p = gen_step[k-1].p_q;
      assign q = gen_step[k-1].q_q;
      assign divisor = gen_step[k-1].divisor_q;
      assign root = gen_step[k-1].root_q;
      assign side = gen_step[k-1].side_q;
    end
    assign test = root ? {1'b0, q, 1'b0} | (P_BITS'(1) << (STEPS - 1 - k)) : {2'b00, divisor, 1'b0};
    assign difference = {1'b0, p} - {1'b0, test};
    always_ff @(posedge clk_i) begin
      if (valid_q[k+1]) begin
        p_q <= difference[P_BITS] ? {p[P_BITS-2:0], 1'b0} : {difference[P_BITS-2:0], 1'b0};
        q_q <= q | (STEPS'(!difference[P_BITS]) << (STEPS - 1 - k));
        divisor_q <= divisor;
        root_q <= root;
        side_q <= side;
      end
    end
  end

  // 28: round, pack.
  logic sign, nan, inf, zero;
  logic signed [9:0] exponent;
  assign {sign, nan, inf, zero, exponent} = gen_step[STEPS-1].side_q;
  logic [STEPS-1:0] digits;
  assign digits = gen_step[STEPS-1].q_q;
  logic round_up;
  assign round_up = digits[0] && (digits[1] || gen_step[STEPS-1].p_q != '0);
  logic [24:0] rounded;
  assign rounded = {1'b0, digits[24:1]} + 25'(round_up);
  logic signed [9:0] final_exponent;
  assign final_exponent = exponent + (rounded[24] ? 10'sd1 : 10'sd0);
  always_ff @(posedge clk_i) begin
    if (nan) y_o <= NAN;
    else if (zero && !inf) y_o <= {sign, 31'd0};
    else if (inf) y_o <= {sign, 8'hFF, 23'd0};
    else if (exponent < 10'sd0) y_o <= {sign, 31'd0};
    else if (exponent == 10'sd0) y_o <= {sign, 7'd0, &digits[24:1], 23'd0};
    else if (final_exponent >= 10'sd255) y_o <= {sign, 8'hFF, 23'd0};
    else y_o <= {sign, final_exponent[7:0], rounded[24] ? 23'd0 : rounded[22:0]};
  end

  logic unused;
  assign unused = &{1'b0, final_exponent[9:8], rounded[23], gen_step[STEPS-1].divisor_q, gen_step[STEPS-1].root_q};
endmodule

`default_nettype wire
