// One lane of WUVE: four temporaries of each row in flight, a multiplier, two adders; docs/architecture/vector.md §3.
//
// Stage by stage, for the micro-operation of one row: 0 operands are chosen, 1..5 multiplier, 6..9 adder, 10 what comes
// after, 14 the temporary is written. The second adder works beside the multiplier. Sources are those of vec_program.
`default_nettype none

module wuve_lane (
    /// Clock.
    input  wire logic        clk_i,
    /// Synchronous reset, active low, of what merely waits: flip-flops, of which there are plenty, instead of shift registers
    /// of LUTs.
    input  wire logic        rst_ni,
    /// Stage 0: VMEM operand, any FP32.
    input  wire logic [31:0] operand_i,
    /// Stage 0: values of the CMEM banks.
    input  wire logic [31:0] bank0_i,
    input  wire logic [31:0] bank1_i,
    /// Stage 0: constant of a and b; canonical, as the next.
    input  wire logic [31:0] constant_i,
    /// Stage 0: constant of c; b's where `pruned_i`.
    input  wire logic [31:0] constant2_i,
    /// Stage 0: the decay of a pruned weight.
    input  wire logic        pruned_i,
    /// Stage 0: row of the temporaries.
    input  wire logic [3:0]  row_i,
    /// Stage 0: sources, see vec_program.
    input  wire logic [8:0]  a_i,
    input  wire logic [8:0]  b_i,
    input  wire logic [8:0]  c_i,
    input  wire logic [2:0]  x_i,
    input  wire logic [1:0]  y_i,
    /// Stage 0: a counts where T0 is above zero.
    input  wire logic        gate_i,
    /// Stage 0: the sign of a is turned.
    input  wire logic        minus_i,
    /// Stage 1: a and b, for division and square root.
    output logic [31:0]      special_a_o,
    output logic [31:0]      special_b_o,
    /// Stage 10: values below zero become +0.
    input  wire logic        relu_i,
    /// Stage 10: the sign is turned.
    input  wire logic        negate_i,
    /// Stage 11: r0 = x + y and r1 = after(a*b + c), for CMEM.
    output logic [31:0]      bank0_o,
    output logic [31:0]      bank1_o,
    /// Stage 13: a quotient or root arrives instead.
    input  wire logic        special_i,
    /// Stage 13: it.
    input  wire logic [31:0] special_y_i,
    /// Stage 14: temporaries that are written.
    input  wire logic [3:0]  write_i,
    /// Stage 14: their row.
    input  wire logic [3:0]  write_row_i,
    /// Stage 14: T0 and the result are r0.
    input  wire logic        fold_i,
    /// Stage 14: the result.
    output logic [31:0]      result_o
);
  /*verilator no_inline_module*/
  localparam logic [31:0] ONE = 32'h3F80_0000;
  localparam logic [31:0] MINUS_ZERO = 32'h8000_0000;

  // 0: temporaries and operands. All are canonical, so that the multiplier and the adders need not look.
  logic [31:0] operand;
  fp32_canonical clean (.x_i(operand_i), .x_o(operand));
  (* ram_style = "distributed" *)
  logic [31:0] t0_q [0:15];
  (* ram_style = "distributed" *)
  logic [31:0] t1_q [0:15];
  (* ram_style = "distributed" *)
  logic [31:0] t2_q [0:15];
  (* ram_style = "distributed" *)
  logic [31:0] t3_q [0:15];
  logic [31:0] t0, t1, t2, t3;
  assign t0 = t0_q[row_i];
  assign t1 = t1_q[row_i];
  assign t2 = t2_q[row_i];
  assign t3 = t3_q[row_i];

  logic [31:0] constant_b;
  assign constant_b = pruned_i ? constant2_i : constant_i;
  logic [31:0] a, b, c, x, y;
  assign a = ({32{a_i[0]}} & operand) | ({32{a_i[1]}} & t0) | ({32{a_i[2]}} & t1) | ({32{a_i[3]}} & t2) |
             ({32{a_i[4]}} & t3) | ({32{a_i[5]}} & bank0_i) | ({32{a_i[6]}} & bank1_i) |
             ({32{a_i[7]}} & constant_i) | ({32{a_i[8]}} & MINUS_ZERO);
  assign b = ({32{b_i[0]}} & operand) | ({32{b_i[1]}} & t0) | ({32{b_i[2]}} & t1) | ({32{b_i[3]}} & t2) |
             ({32{b_i[4]}} & t3) | ({32{b_i[5]}} & bank0_i) | ({32{b_i[6]}} & bank1_i) |
             ({32{b_i[7]}} & constant_b) | ({32{b_i[8]}} & ONE);
  assign c = ({32{c_i[0]}} & operand) | ({32{c_i[1]}} & t0) | ({32{c_i[2]}} & t1) | ({32{c_i[3]}} & t2) |
             ({32{c_i[4]}} & t3) | ({32{c_i[5]}} & bank0_i) | ({32{c_i[6]}} & bank1_i) |
             ({32{c_i[7]}} & constant2_i) | ({32{c_i[8]}} & MINUS_ZERO);
  assign x = ({32{x_i[0]}} & a) | ({32{x_i[1]}} & t0) | ({32{x_i[2]}} & MINUS_ZERO);
  assign y = ({32{y_i[0]}} & bank0_i) | ({32{y_i[1]}} & MINUS_ZERO);

  logic above;  // T0 is above zero
  assign above = !t0[31] && t0[30:23] != 8'd0 && !(&t0[30:22]);
  logic [31:0] a1_q, b1_q, c1_q, c2_q, c3_q, c4_q, c5_q, c6_q, x1_q, y1_q;
  always_ff @(posedge clk_i) begin
    a1_q <= gate_i && !above ? 32'd0 : {a[31] ^ minus_i, a[30:0]};
    b1_q <= b;
    c1_q <= c;
    x1_q <= x;
    y1_q <= y;
  end
  assign special_a_o = a1_q;
  assign special_b_o = b1_q;

  // 1..9: a*b + c beside x + y, which waits.
  logic [31:0] product, sum1, sum0, sum0_6_q, sum0_7_q, sum0_8_q, sum0_9_q, sum0_10_q;
  fp32_mul #(.CANONICAL(1)) multiplier (.clk_i(clk_i), .a_i(a1_q), .b_i(b1_q), .p_o(product));
  fp32_add #(.CANONICAL(1)) adder1 (.clk_i(clk_i), .a_i(product), .b_i(c6_q), .s_o(sum1));
  fp32_add #(.CANONICAL(1)) adder0 (.clk_i(clk_i), .a_i(x1_q), .b_i(y1_q), .s_o(sum0));
  always_ff @(posedge clk_i) begin
    {c6_q, c5_q, c4_q, c3_q, c2_q} <= rst_ni ? {c5_q, c4_q, c3_q, c2_q, c1_q} : '0;
    {sum0_10_q, sum0_9_q, sum0_8_q, sum0_7_q, sum0_6_q} <=
        rst_ni ? {sum0_9_q, sum0_8_q, sum0_7_q, sum0_6_q, sum0} : '0;
  end

  // 10: after.
  logic [31:0] r0_11_q, r0_12_q, r0_13_q, r0_14_q, r1_11_q, r1_12_q, r1_13_q, r1_14_q;
  always_ff @(posedge clk_i) begin
    r0_11_q <= sum0_10_q;
    if (relu_i && sum1[31]) r1_11_q <= 32'd0;
    else r1_11_q <= {sum1[31] ^ (negate_i && !(&sum1[30:22])), sum1[30:0]};
  end
  assign bank0_o = r0_11_q;
  assign bank1_o = r1_11_q;

  // 11..14: a root or quotient of the slots before may still come, so results wait for it.
  always_ff @(posedge clk_i) begin
    {r0_14_q, r0_13_q, r0_12_q} <= rst_ni ? {r0_13_q, r0_12_q, r0_11_q} : '0;
    {r1_13_q, r1_12_q} <= {r1_12_q, r1_11_q};
    r1_14_q <= special_i ? special_y_i : r1_13_q;
  end
  assign result_o = fold_i ? r0_14_q : r1_14_q;
  always_ff @(posedge clk_i) begin
    if (write_i[0]) t0_q[write_row_i] <= result_o;
    if (write_i[1]) t1_q[write_row_i] <= r1_14_q;
    if (write_i[2]) t2_q[write_row_i] <= r1_14_q;
    if (write_i[3]) t3_q[write_row_i] <= r1_14_q;
  end
endmodule

`default_nettype wire
