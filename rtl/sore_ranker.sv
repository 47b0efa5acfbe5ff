// SORE, one lane along rows: which of the last M values of a lane are among its N largest; docs/architecture/vector.md §5.
//
// Values come one a cycle. Each new one is compared with those before it that it competes with: whoever loses, the later one
// where both are equal, has one more ahead. After the last value of a group those with fewer than N ahead are kept.
`default_nettype none

module sore_ranker #(
    /// Largest group size: 4, 8 or 16.
    parameter int unsigned MAXM = 8
) (
    /// Clock.
    input  wire logic            clk_i,
    /// A value comes.
    input  wire logic            valid_i,
    /// Its place in its group, ascending from 0.
    input  wire logic [3:0]      place_i,
    /// Places before it that it competes with: all of its group's, or of its pair's.
    input  wire logic [MAXM-1:0] earlier_i,
    /// Its magnitude: the low 15 bits of an IEEE binary16.
    input  wire logic [14:0]     magnitude_i,
    /// Values to keep.
    input  wire logic [4:0]      n_i,
    /// Bit e: value e of the group is kept; from the cycle after the last value to that of the next group's first.
    output logic [MAXM-1:0]      keep_o
);
  logic [MAXM-1:0] wins;  // bit e: earlier value e stays ahead of the new one
  logic [3:0] ahead;

  for (genvar e = 0; e < MAXM; e++) begin : gen_value
    logic [14:0] magnitude_q;
    logic [3:0] ahead_q;
    assign wins[e] = earlier_i[e] && magnitude_q >= magnitude_i;
    assign keep_o[e] = {1'b0, ahead_q} < n_i;
    always_ff @(posedge clk_i) begin
      if (valid_i && place_i == 4'(e)) begin
        magnitude_q <= magnitude_i;
        ahead_q <= ahead;
      end else if (valid_i && earlier_i[e] && !wins[e]) begin
        ahead_q <= ahead_q + 4'd1;
      end
    end
  end

  always_comb begin
    ahead = '0;
    for (int e = 0; e < MAXM; e++) ahead = ahead + 4'(wins[e]);
  end
endmodule

`default_nettype wire
