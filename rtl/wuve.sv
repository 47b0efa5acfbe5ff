// WUVE: V lanes, V/4 units for division and square root, and the coefficient memory; docs/architecture/vector.md §1 to §3.
//
// A micro-operation of slot cycle t enters in t+4, when CMEM is read. Its operands are chosen in t+6, multiplier and adders
// work from t+7 to t+15, CMEM is written in t+17, temporaries in t+20, and then its result stands at the output. In the
// slots of a division or square root a row takes four cycles, a quarter of the lanes each; what enters in t+4 comes out in
// t+36, just before the first result of the slots that follow.
`default_nettype none

module wuve #(
    /// Lanes, a multiple of 16.
    parameter int unsigned V = 16,
    /// Bits of a CMEM row.
    parameter int unsigned ROW_BITS = 12
) (
    /// Clock.
    input  wire logic                  clk_i,
    /// Synchronous reset, active low.
    input  wire logic                  rst_ni,
    /// t+4: row of the block.
    input  wire logic [3:0]            row_i,
    /// t+4: sources, see vec_program.
    input  wire logic [8:0]            a_i,
    input  wire logic [8:0]            b_i,
    input  wire logic [8:0]            c_i,
    input  wire logic [2:0]            x_i,
    input  wire logic [1:0]            y_i,
    /// t+4: a counts where T0 is above zero.
    input  wire logic                  gate_i,
    /// t+4: the sign of a is turned.
    input  wire logic                  minus_i,
    /// t+4: constants, see vec_program.
    input  wire logic [31:0]           constant_i,
    input  wire logic [31:0]           constant2_i,
    /// t+4: b is the decay, which depends on `mask_i`.
    input  wire logic                  decay_i,
    /// t+4: values below zero become +0; the sign is turned.
    input  wire logic                  relu_i,
    input  wire logic                  negate_i,
    /// t+4: temporaries that take r1; with `fold_i` T0 and the result take r0.
    input  wire logic [3:0]            write_i,
    input  wire logic                  fold_i,
    /// t+4: division or square root.
    input  wire logic                  special_i,
    input  wire logic                  root_i,
    /// t+4: quarter of the lanes that it is for.
    input  wire logic [1:0]            quarter_i,
    /// t+4: CMEM row that is read.
    input  wire logic [ROW_BITS-1:0]   cm_row_i,
    /// t+4: CMEM banks that take r0 and r1, or +0.
    input  wire logic [1:0]            cm_write_i,
    input  wire logic                  cm_clear_i,
    /// t+4: CMEM row that they are written to.
    input  wire logic [ROW_BITS-1:0]   cm_write_row_i,
    /// t+6: row whose mask is needed.
    output logic [3:0]                 mask_row_o,
    /// t+6: lanes whose old weight m_f keeps.
    input  wire logic [V-1:0]          mask_i,
    /// t+6: VMEM operand, FP32.
    input  wire logic [32*V-1:0]       operand_i,
    /// t+20, or t+36: results.
    output logic [32*V-1:0]            result_o
);
  localparam int unsigned UNITS = V / 4;

  // t+6: operands.
  localparam int unsigned OPERAND_BITS = 4 + 9 + 9 + 9 + 3 + 2 + 3 + 64;
  logic [3:0] row;
  logic [8:0] a, b, c;
  logic [2:0] x;
  logic [1:0] y;
  logic gate, minus, decay;
  logic [31:0] constant, constant2, clean_constant, clean_constant2;
  fp32_canonical clean (.x_i(constant_i), .x_o(clean_constant));
  fp32_canonical clean2 (.x_i(constant2_i), .x_o(clean_constant2));
  logic [32*V-1:0] bank0, bank1;
  tag_delay #(.WIDTH(OPERAND_BITS), .STAGES(2)) operand_tags (
      .clk_i(clk_i), .rst_ni(rst_ni),
      .data_i({row_i, a_i, b_i, c_i, x_i, y_i, gate_i, minus_i, decay_i, clean_constant, clean_constant2}),
      .data_o({row, a, b, c, x, y, gate, minus, decay, constant, constant2}));
  assign mask_row_o = row;

  // t+7: division and square root. t+35: what comes of it.
  logic special, root, back;
  logic [1:0] quarter, back_quarter;
  tag_delay #(.WIDTH(4), .STAGES(3)) special_tags (
      .clk_i(clk_i), .rst_ni(rst_ni), .data_i({special_i, root_i, quarter_i}), .data_o({special, root, quarter}));
  tag_delay #(.WIDTH(3), .STAGES(28)) back_tags (
      .clk_i(clk_i), .rst_ni(rst_ni), .data_i({special, quarter}), .data_o({back, back_quarter}));

  // t+16: after. t+17: CMEM.
  logic relu, negate, cm_clear;
  logic [1:0] cm_write;
  logic [ROW_BITS-1:0] cm_write_row;
  tag_delay #(.WIDTH(2), .STAGES(12)) after_tags (
      .clk_i(clk_i), .rst_ni(rst_ni), .data_i({relu_i, negate_i}), .data_o({relu, negate}));
  tag_delay #(.WIDTH(3 + ROW_BITS), .STAGES(13)) memory_tags (
      .clk_i(clk_i), .rst_ni(rst_ni), .data_i({cm_write_i, cm_clear_i, cm_write_row_i}),
      .data_o({cm_write, cm_clear, cm_write_row}));

  // t+20: temporaries; t+36 after division and square root.
  logic [3:0] write, plain_write, plain_row, back_write, back_row, write_row;
  logic fold, back_done_q;
  logic [1:0] back_quarter_q;
  tag_delay #(.WIDTH(9), .STAGES(16)) write_tags (
      .clk_i(clk_i), .rst_ni(rst_ni), .data_i({special_i ? 4'd0 : write_i, row_i, fold_i}),
      .data_o({plain_write, plain_row, fold}));
  tag_delay #(.WIDTH(8), .STAGES(32)) back_write_tags (
      .clk_i(clk_i), .rst_ni(rst_ni), .data_i({special_i ? write_i : 4'd0, row_i}), .data_o({back_write, back_row}));
  always_ff @(posedge clk_i) begin
    back_done_q <= back;
    back_quarter_q <= back_quarter;
  end
  assign write = back_done_q ? back_write : plain_write;
  assign write_row = back_done_q ? back_row : plain_row;

  logic [32*V-1:0] r0, r1;
  coefficient_memory #(.V(V)) memory (
      .clk_i(clk_i), .rd_row_i(cm_row_i), .rd_bank0_o(bank0), .rd_bank1_o(bank1), .wr_banks_i(cm_write),
      .wr_row_i(cm_write_row), .wr_bank0_i(cm_clear ? '0 : r0), .wr_bank1_i(cm_clear ? '0 : r1));

  logic [32*V-1:0] special_a, special_b;
  logic [32*UNITS-1:0] special_y;
  for (genvar l = 0; l < V; l++) begin : gen_lane
    localparam logic [1:0] QUARTER = 2'(l / UNITS);
    wuve_lane lane (
        .clk_i(clk_i), .rst_ni(rst_ni), .operand_i(operand_i[32*l+:32]), .bank0_i(bank0[32*l+:32]), .bank1_i(bank1[32*l+:32]),
        .constant_i(constant), .constant2_i(constant2), .pruned_i(decay && !mask_i[l]), .row_i(row), .a_i(a),
        .b_i(b), .c_i(c), .x_i(x), .y_i(y), .gate_i(gate), .minus_i(minus), .special_a_o(special_a[32*l+:32]),
        .special_b_o(special_b[32*l+:32]), .relu_i(relu), .negate_i(negate), .bank0_o(r0[32*l+:32]),
        .bank1_o(r1[32*l+:32]), .special_i(back), .special_y_i(special_y[32*(l%UNITS)+:32]),
        .write_i(back_done_q && back_quarter_q != QUARTER ? 4'd0 : write), .write_row_i(write_row), .fold_i(fold),
        .result_o(result_o[32*l+:32]));
  end

  for (genvar u = 0; u < UNITS; u++) begin : gen_special
    logic [127:0] four_a, four_b;  // of the quarters' lanes
    assign four_a = {special_a[32*(3*UNITS+u)+:32], special_a[32*(2*UNITS+u)+:32], special_a[32*(UNITS+u)+:32],
                     special_a[32*u+:32]};
    assign four_b = {special_b[32*(3*UNITS+u)+:32], special_b[32*(2*UNITS+u)+:32], special_b[32*(UNITS+u)+:32],
                     special_b[32*u+:32]};
    fp32_div_sqrt unit (
        .clk_i(clk_i), .valid_i(special), .sqrt_i(root), .a_i(four_a[32*quarter+:32]),
        .b_i(four_b[32*quarter+:32]), .y_o(special_y[32*u+:32]));
  end

  if (V % 16 != 0) begin : gen_check
    $error("wuve: V must be a multiple of 16");
  end
endmodule

`default_nettype wire
