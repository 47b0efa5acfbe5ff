// Models for Yosys that take the place of its own where those cost Verilator twenty times the code: look-up tables as a shift of their
// contents, not as a tree of multiplexers, and distributed RAM as arrays of words, not as vectors of bits.
`default_nettype none

module LUT1 (output wire O, input wire I0);
  parameter [1:0] INIT = 2'd0;
  assign O = INIT >> {I0};
endmodule

module LUT2 (output wire O, input wire I0, input wire I1);
  parameter [3:0] INIT = 4'd0;
  assign O = INIT >> {I1, I0};
endmodule

module LUT3 (output wire O, input wire I0, input wire I1, input wire I2);
  parameter [7:0] INIT = 8'd0;
  assign O = INIT >> {I2, I1, I0};
endmodule

module LUT4 (output wire O, input wire I0, input wire I1, input wire I2, input wire I3);
  parameter [15:0] INIT = 16'd0;
  assign O = INIT >> {I3, I2, I1, I0};
endmodule

module LUT5 (output wire O, input wire I0, input wire I1, input wire I2, input wire I3, input wire I4);
  parameter [31:0] INIT = 32'd0;
  assign O = INIT >> {I4, I3, I2, I1, I0};
endmodule

module LUT6 (output wire O, input wire I0, input wire I1, input wire I2, input wire I3, input wire I4, input wire I5);
  parameter [63:0] INIT = 64'd0;
  assign O = INIT >> {I5, I4, I3, I2, I1, I0};
endmodule

module RAM32M16 (
    output wire [1:0] DOA, output wire [1:0] DOB, output wire [1:0] DOC, output wire [1:0] DOD,
    output wire [1:0] DOE, output wire [1:0] DOF, output wire [1:0] DOG, output wire [1:0] DOH,
    input wire [4:0] ADDRA, input wire [4:0] ADDRB, input wire [4:0] ADDRC, input wire [4:0] ADDRD,
    input wire [4:0] ADDRE, input wire [4:0] ADDRF, input wire [4:0] ADDRG, input wire [4:0] ADDRH,
    input wire [1:0] DIA, input wire [1:0] DIB, input wire [1:0] DIC, input wire [1:0] DID,
    input wire [1:0] DIE, input wire [1:0] DIF, input wire [1:0] DIG, input wire [1:0] DIH,
    input wire WCLK, input wire WE
);
  parameter [0:0] IS_WCLK_INVERTED = 1'b0;
  parameter [63:0] INIT_A = 64'd0;  // not used: contents at power-up are left to chance
  parameter [63:0] INIT_B = 64'd0;
  parameter [63:0] INIT_C = 64'd0;
  parameter [63:0] INIT_D = 64'd0;
  parameter [63:0] INIT_E = 64'd0;
  parameter [63:0] INIT_F = 64'd0;
  parameter [63:0] INIT_G = 64'd0;
  parameter [63:0] INIT_H = 64'd0;
  wire clk = WCLK ^ IS_WCLK_INVERTED;
  reg [1:0] memory_a [0:31];
  reg [1:0] memory_b [0:31];
  reg [1:0] memory_c [0:31];
  reg [1:0] memory_d [0:31];
  reg [1:0] memory_e [0:31];
  reg [1:0] memory_f [0:31];
  reg [1:0] memory_g [0:31];
  reg [1:0] memory_h [0:31];
  assign DOA = memory_a[ADDRA];
  assign DOB = memory_b[ADDRB];
  assign DOC = memory_c[ADDRC];
  assign DOD = memory_d[ADDRD];
  assign DOE = memory_e[ADDRE];
  assign DOF = memory_f[ADDRF];
  assign DOG = memory_g[ADDRG];
  assign DOH = memory_h[ADDRH];
  always @(posedge clk) if (WE) begin
    memory_a[ADDRH] <= DIA;
    memory_b[ADDRH] <= DIB;
    memory_c[ADDRH] <= DIC;
    memory_d[ADDRH] <= DID;
    memory_e[ADDRH] <= DIE;
    memory_f[ADDRH] <= DIF;
    memory_g[ADDRH] <= DIG;
    memory_h[ADDRH] <= DIH;
  end
endmodule

`default_nettype wire
