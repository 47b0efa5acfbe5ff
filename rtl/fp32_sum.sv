// FP32 accumulator + exact addend -> FP32, round to nearest even: the adder of a USPE, and within fp32_add; numerics.md §5, §7.
//
// The addend's significand need not be normal: it is 0 or lies in [1, 4), in units of 2^-23. Operands are ordered by exponent only:
// the difference of significands may be negative, and the rounding addition that ends it turns it around. The right shift that
// aligns is a multiplication by a power of two, one DSP48E2.
`default_nettype none

module fp32_sum #(
    /// Cycles from operands to sum, 2 to 6.
    parameter int unsigned LATENCY = sat_isa::T_ADD_LATENCY,
    /// 1: any operands. 0: the addend is a product of two FP16, so that no sum overflows or comes below 2^-126.
    parameter bit FULL = 1
) (
    /// Clock.
    input  wire logic        clk_i,
    /// Augend, FP32, canonical.
    input  wire logic [31:0] a_i,
    /// Addend (-1)^sign * significand * 2^(exponent - 150). Exponent 0: a zero, the significand is 0. Exponent 255: infinity.
    input  wire logic        b_sign_i,
    input  wire logic [7:0]  b_exponent_i,
    input  wire logic [24:0] b_significand_i,
    /// It is NaN; its exponent is 255.
    input  wire logic        b_nan_i,
    /// Sum, LATENCY cycles later, canonical.
    output logic [31:0]      s_o
);
  // Registers: 0 before everything, then after step 1 to 4; the last step always ends in one.
  localparam bit REGISTER0 = LATENCY == 6;
  localparam bit REGISTER1 = LATENCY >= 3;
  localparam bit REGISTER2 = LATENCY >= 4;
  localparam bit REGISTER3 = LATENCY == 2 || LATENCY >= 5;
  localparam bit REGISTER4 = LATENCY >= 3;
  if (LATENCY < 2 || LATENCY > 6) begin : gen_check
    $error("fp32_sum: LATENCY must be 2 to 6");
  end

  logic a_sign, b_sign, b_nan;
  logic [7:0] a_exponent, b_exponent;
  logic [22:0] a_fraction;
  logic [24:0] b_significand;
  pipe_stage #(.WIDTH(67), .ENABLE(REGISTER0)) stage0 (
      .clk_i(clk_i), .data_i({a_i, b_sign_i, b_nan_i, b_exponent_i, b_significand_i}),
      .data_o({a_sign, a_exponent, a_fraction, b_sign, b_nan, b_exponent, b_significand}));

  // 1: order by exponent. `little` counts 2^-24 of the larger operand's unit and has moved right by one where the addend is
  // larger, so that the rest of its way is the difference or its complement.
  logic [8:0] difference;
  logic swap;
  logic [23:0] a_significand;
  assign difference = {1'b0, a_exponent} - {1'b0, b_exponent};
  assign swap = difference[8];
  assign a_significand = {a_exponent != 8'd0, a_fraction};
  logic a_max, b_max;
  assign a_max = &a_exponent;
  assign b_max = &b_exponent;

  // The distance modulo 16 as a power of two; what would move 32 and more is below all that rounding sees.
  logic [7:0] distance;
  assign distance = difference[7:0] ^ {8{swap}};

  logic [15:0] power;
  for (genvar i = 0; i < 16; i++) begin : gen_power
    assign power[i] = distance[3:0] == 4'(15 - i) && distance[7:5] == 3'd0;
  end

  logic subtract1, sign1, special1, nan1, far1;
  logic [15:0] power1;
  logic [7:0] exponent1;
  logic [24:0] big1;
  logic [25:0] little1;
  pipe_stage #(.WIDTH(80), .ENABLE(REGISTER1)) stage1 (
      .clk_i(clk_i),
      .data_i({a_sign ^ b_sign, swap ? b_sign : a_sign, a_max || b_max,
               b_nan || (a_max && a_fraction[22]) || (a_max && b_max && a_sign != b_sign),
               distance[4], power, swap ? b_exponent : a_exponent,
               swap ? b_significand : {1'b0, a_significand}, swap ? {2'b00, a_significand} : {b_significand, 1'b0}}),
      .data_o({subtract1, sign1, special1, nan1, far1, power1, exponent1, big1, little1}));

  // 2: align by up to 15. Of the bits that are lost each part of `lost` is one gate: those below 14, or below 30 where the sum
  // moves on by 16.
  logic [41:0] moved;
  assign moved = little1 * power1;
  logic [5:0] lost;
  assign lost = {far1 && moved[29:25] != 5'd0, far1 && moved[24:20] != 5'd0,
                 far1 && moved[19:17] != 3'd0, moved[13:12] != 2'd0 || (far1 && moved[16:14] != 3'd0),
                 moved[11:6] != 6'd0, moved[5:0] != 6'd0};

  // The exponent + 3 in gates: an adder of a constant is little but wires into a carry chain. A bit is turned over where the lowest
  // two bits carry and all between are ones.
  logic carries;
  logic [9:0] turned;
  assign carries = exponent1[1:0] != 2'd0;
  assign turned[2:0] = {carries, !exponent1[0], 1'b1};
  for (genvar i = 3; i < 9; i++) begin : gen_turned
    assign turned[i] = carries && (&exponent1[i-1:2]);
  end
  assign turned[9] = 1'b0;

  logic [26:0] moved2;
  logic [5:0] lost2;
  logic far2, subtract2, sign2, special2, nan2;
  logic [9:0] exponent2;  // of bit 28 of the sum, + 1
  logic [24:0] big2;
  pipe_stage #(.WIDTH(73), .ENABLE(REGISTER2)) stage2 (
      .clk_i(clk_i),
      .data_i({far1, lost, subtract1, sign1, special1, nan1,
               {2'b00, exponent1} ^ turned, big1, moved[40:14]}),
      .data_o({far2, lost2, subtract2, sign2, special2, nan2, exponent2, big2, moved2}));

  // 3: align by 16, add or subtract. Bit 26 of the sum has the unit's weight, bit 0 stands for all below.
  // It is the same in a sum and a difference; where it is 0 the one that ends a complement goes on to bit 1.
  logic [26:0] aligned;
  assign aligned = far2 ? {16'd0, moved2[26:16]} : moved2;
  logic rest2, one2;
  assign rest2 = |lost2;
  assign one2 = subtract2 && !rest2;
  logic [29:0] total;
  assign total = {2'b00, big2, 2'b00, one2} + {{2{subtract2}}, aligned ^ {27{subtract2}}, one2};

  logic [29:0] sum3;
  logic subtract3, sign3, special3, nan3;
  logic [9:0] exponent3;
  pipe_stage #(.WIDTH(44), .ENABLE(REGISTER3)) stage3 (
      .clk_i(clk_i), .data_i({subtract2, sign2, special2, nan2, exponent2, total[29:1], rest2}),
      .data_o({subtract3, sign3, special3, nan3, exponent3, sum3}));

  // 4: normalise by multiples of 8. A negative sum has its first zero where the others have their first one. Infinities and
  // NaN become significands of their own that keep the exponent 255.
  logic negative;
  logic [2:0] empty;  // the first, second, third eight bits hold the sign only
  assign negative = sum3[29];
  assign empty = {sum3[28:21] == {8{negative}}, sum3[20:13] == {8{negative}}, sum3[12:5] == {8{negative}}};
  logic [1:0] eights;
  assign eights = {empty[2] && empty[1], empty[2] && (!empty[1] || empty[0])};
  logic [28:0] coarse;
  always_comb begin
    case (eights)  // not unique, as in uspe.sv
      2'd0: coarse = sum3[28:0];
      2'd1: coarse = {sum3[20:0], 8'd0};
      2'd2: coarse = {sum3[12:0], 16'd0};
      default: coarse = {sum3[4:0], 24'd0};
    endcase
  end

  logic [28:0] coarse4;
  logic [1:0] eights4;
  logic subtract4, sign4, negative4, nan4;
  logic [9:0] exponent4;
  pipe_stage #(.WIDTH(45), .ENABLE(REGISTER4)) stage4 (
      .clk_i(clk_i),
      .data_i({subtract3 && !special3, sign3 && !nan3, exponent3, nan3,
               special3 ? {3'b001, nan3, 25'd0, 3'b000} : {coarse, eights, negative}}),
      .data_o({subtract4, sign4, exponent4, nan4, coarse4, eights4, negative4}));

  // 5: normalise by up to 7, round, pack. The last shift by one goes with the rounding addition, which also turns a negative
  // sum around: -x is ~x + 1, and ~x + 1 rounded is ~x's upper part plus `up`.
  logic [2:0] pairs;
  assign pairs = {coarse4[28:27] != {2{negative4}}, coarse4[26:25] != {2{negative4}}, coarse4[24:23] != {2{negative4}}};
  logic [1:0] twos;
  assign twos = {!pairs[2] && !pairs[1], !pairs[2] && (pairs[1] || !pairs[0])};
  logic [28:0] fine;
  assign fine = coarse4 << {twos, 1'b0};
  logic one;
  assign one = fine[28] == negative4;
  logic [28:0] normal;
  assign normal = one ? {fine[27:0], 1'b0} : fine;
  logic zero, rest, up;
  assign zero = !negative4 && coarse4[28:21] == 8'd0;
  assign rest = normal[3:0] != 4'd0;
  assign up = negative4 ? !normal[4] || (!rest && !normal[5]) : normal[4] && (rest || normal[5]);
  // Exponent + 1 stands in exponent4 so that the complement of the shift can be added.
  logic [33:0] rounded;
  assign rounded = {exponent4, normal[27:5] ^ {23{negative4}}, up} + {5'h1F, ~eights4, ~twos, ~one, 23'd0, up};

  logic [31:0] sum;
  if (FULL) begin : gen_full
    logic above, below;
    assign above = !rounded[33] && (rounded[32] || &rounded[31:24]);
    assign below = zero || rounded[33] || rounded[32:24] == 9'd0;
    assign sum[30:23] = below ? 8'd0 : rounded[31:24] | {8{above}};
    assign sum[22:0] = below || (above && !nan4) ? 23'd0 : rounded[23:1];
  end else begin : gen_product
    assign sum[30:23] = zero ? 8'd0 : rounded[31:24];
    assign sum[22:0] = rounded[23:1];
    logic unused_range;
    assign unused_range = &{1'b0, nan4, rounded[33:32]};
  end
  assign sum[31] = (sign4 ^ negative4) && !(zero && subtract4);
  pipe_stage #(.WIDTH(32), .ENABLE(1)) stage5 (.clk_i(clk_i), .data_i(sum), .data_o(s_o));

  logic unused;
  assign unused = &{1'b0, moved[41], total[0], rounded[0], normal[28]};
endmodule

`default_nettype wire
