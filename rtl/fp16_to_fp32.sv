// FP16 -> FP32, exact, without a clock; docs/architecture/numerics.md §2.
`default_nettype none

module fp16_to_fp32 (
    /// IEEE binary16.
    input  wire logic [15:0] x_i,
    /// IEEE binary32; every NaN is 0x7FC00000.
    output logic [31:0]      y_o
);
  logic [3:0] shift;  // moves the leading one of a subnormal fraction above bit 9
  always_comb begin
    shift = 4'd10;
    for (int i = 0; i < 10; i++) begin
      if (x_i[i]) shift = 4'd10 - 4'(i);
    end
  end
  logic [9:0] normal;
  assign normal = x_i[9:0] << shift;

  always_comb begin
    if (&x_i[14:10]) y_o = x_i[9:0] != 10'd0 ? 32'h7FC0_0000 : {x_i[15], 8'hFF, 23'd0};
    else if (x_i[14:10] != 5'd0) y_o = {x_i[15], 8'd112 + {3'b000, x_i[14:10]}, x_i[9:0], 13'd0};
    else if (x_i[9:0] == 10'd0) y_o = {x_i[15], 31'd0};
    else y_o = {x_i[15], 8'd113 - {4'd0, shift}, normal, 13'd0};
  end
endmodule

`default_nettype wire
