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
  logic [22:0] fraction;
  assign fraction = x_i[22:0];
  logic subnormal;  // the result: below 2^-14
  assign subnormal = exponent < 8'd113;

  // The kept bits with the hidden one, the first lost bit, and whether any other lost bit is 1. A normal result loses 13
  // bits, a subnormal one 126 - exponent: 14 to 24, of which the low exponent bits are a number already.
  logic [23:0] any_below;  // bit i: one of the significand's bits below i is 1
  assign any_below[0] = 1'b0;
  for (genvar i = 1; i < 24; i++) begin : gen_any
    assign any_below[i] = fraction[i-1:0] != '0;
  end
  logic [9:0] kept_subnormal;
  logic lost_subnormal;
  logic more_subnormal;
  always_comb begin
    kept_subnormal = '0;
    lost_subnormal = 1'b0;
    more_subnormal = 1'b0;
    for (int unsigned s = 14; s < 25; s++) begin
      if (exponent[3:0] == 4'(32'd126 - s)) begin
        kept_subnormal = 10'({1'b1, fraction} >> s);
        lost_subnormal = 1'({1'b1, fraction} >> (s - 1));
        more_subnormal = any_below[s-1];
      end
    end
  end
  logic [14:0] kept;  // exponent and fraction
  logic lost;
  logic more;
  assign kept = subnormal ? {5'd0, kept_subnormal} : {5'(exponent - 8'd113) + 5'd1, fraction[22:13]};
  assign lost = subnormal ? lost_subnormal : fraction[12];
  assign more = subnormal ? more_subnormal : any_below[12];
  logic [14:0] rounded;  // a carry out of the fraction raises the exponent
  assign rounded = kept + 15'(lost && (kept[0] || more));

  always_comb begin
    if (&exponent) y_o = fraction != '0 ? 16'h7E00 : {x_i[31], 15'h7C00};
    else if (exponent < 8'd102) y_o = {x_i[31], 15'd0};
    else if (exponent > 8'd142 || &rounded[14:10]) y_o = {x_i[31], 15'h7C00};
    else y_o = {x_i[31], rounded};
  end
endmodule

`default_nettype wire
