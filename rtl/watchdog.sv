// Finds that a program no longer gets on: too many cycles without an event; docs/architecture/top.md.
//
// It counts registered events, so that it is never in the way of the logic it watches.
`default_nettype none

module watchdog (
    /// Clock.
    input  wire logic        clk_i,
    /// Synchronous reset, active low.
    input  wire logic        rst_ni,
    /// Cycles without an event after which it expires; 0: never.
    input  wire logic [31:0] cycles_i,
    /// A program runs.
    input  wire logic        active_i,
    /// Something happens in this cycle.
    input  wire logic        event_i,
    /// The cycles have passed; stays until something happens.
    output logic             expired_o
);
  logic event_q;
  logic [31:0] count_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      event_q   <= 1'b0;
      count_q   <= '0;
      expired_o <= 1'b0;
    end else begin
      event_q <= event_i || !active_i;
      if (event_q) count_q <= '0;
      else if (count_q != '1) count_q <= count_q + 1'b1;
      expired_o <= cycles_i != '0 && count_q >= cycles_i && !event_q;
    end
  end
endmodule

`default_nettype wire
