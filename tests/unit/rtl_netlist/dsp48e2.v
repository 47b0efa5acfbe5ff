// What Yosys uses of DSP48E2, for which its simulation library has no model: the multiplier and the adder behind it,
// without any register. A use that is not covered stops the simulation.
`default_nettype none

module DSP48E2 (
    input  wire [29:0] A,
    input  wire [17:0] B,
    input  wire [47:0] C,
    input  wire [26:0] D,
    input  wire [29:0] ACIN,
    input  wire [17:0] BCIN,
    input  wire [47:0] PCIN,
    input  wire        CARRYIN,
    input  wire [2:0]  CARRYINSEL,
    input  wire [3:0]  ALUMODE,
    input  wire [4:0]  INMODE,
    input  wire [8:0]  OPMODE,
    output wire [47:0] P,
    output wire [47:0] PCOUT
);
  parameter integer ACASCREG = 1, ADREG = 1, ALUMODEREG = 1, AREG = 1, BCASCREG = 1, BREG = 1, CARRYINREG = 1,
                    CARRYINSELREG = 1, CREG = 1, DREG = 1, INMODEREG = 1, MREG = 1, OPMODEREG = 1, PREG = 1;
  parameter A_INPUT = "DIRECT", B_INPUT = "DIRECT", USE_MULT = "MULTIPLY", USE_SIMD = "ONE48", AMULTSEL = "A", BMULTSEL = "B";

  localparam REGISTERS = ADREG + ALUMODEREG + AREG + BREG + CARRYINREG + CARRYINSELREG + CREG + DREG + INMODEREG + MREG +
                         OPMODEREG + PREG;
  wire signed [44:0] product = $signed(A[26:0]) * $signed(B);
  wire [47:0] x_and_y = {{3{product[44]}}, product};
  wire [47:0] z = OPMODE[6:4] == 3'd0 ? 48'd0
                : OPMODE[6:4] == 3'd1 ? PCIN
                : OPMODE[6:4] == 3'd3 ? C
                : {{17{PCIN[47]}}, PCIN[47:17]};
  assign P = z + x_and_y + {47'd0, CARRYIN};
  assign PCOUT = P;

  wire covered = REGISTERS == 0 && ALUMODE == 4'd0 && INMODE == 5'd0 && CARRYINSEL == 3'd0 && OPMODE[8:7] == 2'd0 &&
                 OPMODE[3:0] == 4'b0101 && A_INPUT == "DIRECT" && B_INPUT == "DIRECT" && AMULTSEL == "A" && BMULTSEL == "B" &&
                 USE_MULT == "MULTIPLY" && USE_SIMD == "ONE48" && (OPMODE[6:4] <= 3'd1 || OPMODE[6:4] == 3'd3 || OPMODE[6:4] == 3'd5);
  always @* if (!covered) begin
    $display("DSP48E2: a use that the model does not cover");
    $stop;  // aborts; after $finish the test would end well
  end
endmodule

`default_nettype wire
