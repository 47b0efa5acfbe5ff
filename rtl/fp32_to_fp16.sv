// FP32 -> FP16, round to nearest even, without a clock; docs/architecture/numerics.md.
//
// Overflow gives infinity, subnormal results are kept, every NaN is 0x7E00.
`default_nettype none

module fp32_to_fp16 (
    /// IEEE binary32; exponent 0 counts as a zero of its sign.
    input  wire logic [31:0] x_i,
    /// IEEE binary16.
    output logic [15:0]      y_o
);
  logic [7:0] exponent;
  assign exponent = x_i[30:23];
  logic [23:0] significand;
  assign significand = {1'b1, x_i[22:0]};

  // How far the significand moves right: 13 for a normal result, more for a subnormal one.
  logic subnormal;
  assign subnormal = exponent < 8'd113;
  logic [4:0] shift;
  assign shift = !subnormal ? 5'd13 : exponent < 8'd102 ? 5'd25 : 5'(8'd126 - exponent);
  logic [48:0] wide;
  assign wide = {significand, 25'd0} >> shift;
  logic [23:0] kept;
  assign kept = wide[48:25];
  logic round_up;
  assign round_up = wide[24] && (kept[0] || wide[23:0] != 24'd0);
  logic [15:0] rounded;  // exponent and fraction; a carry out of the fraction raises the exponent
  assign rounded = (subnormal ? 16'd0 : {1'b0, 5'(exponent - 8'd113), 10'd0}) + kept[15:0] + 16'(round_up);

  always_comb begin
    if (&exponent) y_o = x_i[22:0] != 23'd0 ? 16'h7E00 : {x_i[31], 15'h7C00};
    else if (exponent < 8'd102) y_o = {x_i[31], 15'd0};
    else if (exponent > 8'd142 || rounded[14:0] >= 15'h7C00) y_o = {x_i[31], 15'h7C00};
    else y_o = {x_i[31], rounded[14:0]};
  end

  logic unused;
  assign unused = &{1'b0, kept[23:16], rounded[15]};
endmodule

`default_nettype wire
