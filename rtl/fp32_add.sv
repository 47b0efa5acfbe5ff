// FP32 addition, round to nearest even; docs/architecture/numerics.md.
//
// Four pipeline stages (T_ADD_LATENCY): operands in cycle t, sum in cycle t+4. Operands with exponent 0 count as zeros of
// their sign; a result with exponent 0 becomes a zero of its sign; every NaN is 0x7FC00000.
`default_nettype none

module fp32_add (
    /// Clock.
    input  wire logic        clk_i,
    /// Operands, IEEE binary32.
    input  wire logic [31:0] a_i,
    input  wire logic [31:0] b_i,
    /// Sum, four cycles later.
    output logic [31:0]      s_o
);
  localparam logic [31:0] NAN = 32'h7FC0_0000;

  // 1: order by magnitude. Special results are found here and travel along.
  logic swap;
  assign swap = b_i[30:0] > a_i[30:0];
  logic [31:0] big, little;
  assign big = swap ? b_i : a_i;
  assign little = swap ? a_i : b_i;

  logic a_nan, b_nan;
  assign a_nan = &a_i[30:23] && a_i[22:0] != 23'd0;
  assign b_nan = &b_i[30:23] && b_i[22:0] != 23'd0;

  logic [31:0] large1_q;
  logic [23:0] small1_q;  // significand, 0 when the operand counts as zero
  logic [7:0] distance1_q;
  logic subtract1_q, nan1_q, inf1_q, zero1_q, zero_sign1_q;
  always_ff @(posedge clk_i) begin
    large1_q     <= big;
    small1_q     <= little[30:23] == 8'd0 ? 24'd0 : {1'b1, little[22:0]};
    distance1_q  <= big[30:23] - little[30:23];
    subtract1_q  <= a_i[31] != b_i[31];
    nan1_q       <= a_nan || b_nan || (&big[30:23] && &little[30:23] && a_i[31] != b_i[31]);
    inf1_q       <= &big[30:23];
    zero1_q      <= big[30:23] == 8'd0;
    zero_sign1_q <= a_i[31] && b_i[31];
  end

  // 2: align the smaller operand: 24 bits, guard, round and sticky.
  logic [50:0] wide;
  assign wide = {small1_q, 27'd0} >> (distance1_q > 8'd27 ? 5'd27 : distance1_q[4:0]);
  logic [26:0] aligned;
  assign aligned = {wide[50:25], |wide[24:0]};

  logic [26:0] large2_q, small2_q;
  logic [7:0] exponent2_q;
  logic sign2_q, subtract2_q, nan2_q, inf2_q, zero2_q, zero_sign2_q;
  always_ff @(posedge clk_i) begin
    large2_q     <= {1'b1, large1_q[22:0], 3'b000};
    small2_q     <= aligned;
    exponent2_q  <= large1_q[30:23];
    sign2_q      <= large1_q[31];
    subtract2_q  <= subtract1_q;
    nan2_q       <= nan1_q;
    inf2_q       <= inf1_q;
    zero2_q      <= zero1_q;
    zero_sign2_q <= zero_sign1_q;
  end

  // 3: add or subtract.
  logic [27:0] sum3_q;
  logic [7:0] exponent3_q;
  logic sign3_q, nan3_q, inf3_q, zero3_q, zero_sign3_q;
  always_ff @(posedge clk_i) begin
    sum3_q       <= subtract2_q ? {1'b0, large2_q} - {1'b0, small2_q} : {1'b0, large2_q} + {1'b0, small2_q};
    exponent3_q  <= exponent2_q;
    sign3_q      <= sign2_q;
    nan3_q       <= nan2_q;
    inf3_q       <= inf2_q;
    zero3_q      <= zero2_q;
    zero_sign3_q <= zero_sign2_q;
  end

  // 4: normalise, round, pack. The leading one moves to bit 27.
  logic [4:0] leading;
  always_comb begin
    leading = 5'd0;
    for (int i = 0; i < 28; i++) begin
      if (sum3_q[i]) leading = 5'd27 - 5'(i);
    end
  end
  logic [27:0] normal;
  assign normal = sum3_q << leading;
  logic signed [9:0] exponent;  // of the normalised sum
  assign exponent = $signed({2'b00, exponent3_q}) + 10'sd1 - $signed({5'd0, leading});
  logic round_up;
  assign round_up = normal[3] && (normal[4] || normal[2:0] != 3'd0);
  logic [24:0] rounded;
  assign rounded = {1'b0, normal[27:4]} + 25'(round_up);
  logic signed [9:0] final_exponent;
  assign final_exponent = exponent + (rounded[24] ? 10'sd1 : 10'sd0);

  always_ff @(posedge clk_i) begin
    if (nan3_q) s_o <= NAN;
    else if (inf3_q) s_o <= {sign3_q, 8'hFF, 23'd0};
    else if (zero3_q) s_o <= {zero_sign3_q, 31'd0};
    else if (sum3_q == 28'd0) s_o <= 32'd0;
    else if (final_exponent <= 10'sd0) s_o <= {sign3_q, 31'd0};
    else if (final_exponent >= 10'sd255) s_o <= {sign3_q, 8'hFF, 23'd0};
    else s_o <= {sign3_q, final_exponent[7:0], rounded[24] ? 23'd0 : rounded[22:0]};
  end

  logic unused;
  assign unused = &{1'b0, little[31], large1_q[30:23], final_exponent[9:8], rounded[23]};
endmodule

`default_nettype wire
