// FP16 -> normal FP16, the 17-bit form that travels through the array, without a clock; docs/architecture/numerics.md §7.
//
// Subnormals are normalised here, once a value at the edge of the array and not in every element. The form is
// {sign, code, fraction}: code is exponent + 48 modulo 64, where the exponent of a subnormal goes on below 1, to -9;
// zero is exponent -10 (code 38), an infinity code 16, NaN code 16 with the top bit of the fraction set.
`default_nettype none

module fp16_normal (
    /// IEEE binary16.
    input  wire logic [15:0] x_i,
    /// The same value; every NaN is 17'h04200.
    output logic [16:0]      y_o
);
  logic [3:0] shift;  // moves the leading one of a subnormal fraction above bit 9; 10 where the fraction is 1
  always_comb begin
    shift = 4'd11;
    for (int i = 0; i < 10; i++) begin
      if (x_i[i]) shift = 4'd10 - 4'(i);
    end
  end
  logic [9:0] normal;
  assign normal = x_i[9:0] << shift;

  always_comb begin
    if (&x_i[14:10]) y_o = x_i[9:0] != 10'd0 ? 17'h0_4200 : {x_i[15], 6'd16, 10'd0};
    else if (x_i[14:10] != 5'd0) y_o = {x_i[15], 6'd48 + {1'b0, x_i[14:10]}, x_i[9:0]};
    else y_o = {x_i[15], 6'd49 - {2'd0, shift}, normal};
  end
endmodule

`default_nettype wire
