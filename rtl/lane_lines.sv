// The line that every lane of a run of words goes to: that of the first word, or the next; docs/architecture/contract.md §4.
`default_nettype none

module lane_lines #(
    /// Lanes of a line.
    parameter int unsigned LANES = 8,
    /// Bits of a line's number.
    parameter int unsigned BITS = 7
) (
    /// Line of the first word.
    input  wire logic [BITS-1:0]          line_i,
    /// Lane of the first word; lanes below it belong to the next line.
    input  wire logic [$clog2(LANES)-1:0] first_lane_i,
    /// Lane l's line in bits BITS*l +: BITS.
    output logic [LANES*BITS-1:0]         lines_o
);
  localparam int unsigned LANE_BITS = $clog2(LANES);

  // Counting on by one turns over a bit below which there are ones only. One gate a bit serves all lanes: no adder a lane.
  logic [BITS-1:0] turns;
  for (genvar i = 0; i < BITS; i++) begin : gen_turn
    if (i == 0) begin : gen_first
      assign turns[i] = 1'b1;
    end else begin : gen_more
      assign turns[i] = &line_i[i-1:0];
    end
  end

  for (genvar l = 0; l < LANES; l++) begin : gen_lane
    logic next;
    assign next = {1'b0, first_lane_i} > (LANE_BITS + 1)'(l);
    assign lines_o[BITS*l+:BITS] = line_i ^ (turns & {BITS{next}});
  end
endmodule

`default_nettype wire
