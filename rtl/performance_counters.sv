// Counters of single events, 64 bits each; docs/architecture/registers.md.
`default_nettype none

module performance_counters (
    /// Clock.
    input  wire logic                                  clk_i,
    /// All become 0; events of this cycle are the first that count.
    input  wire logic                                  clear_i,
    /// Event i happens in this cycle.
    input  wire logic [sat_registers::COUNTERS-1:0]    event_i,
    /// Counter i in bits 64*i +: 64, two cycles behind the events.
    output logic [64*sat_registers::COUNTERS-1:0]      counters_o
);
  localparam int unsigned COUNT = sat_registers::COUNTERS;
  logic [COUNT-1:0] event_q;
  always_ff @(posedge clk_i) event_q <= event_i;

  for (genvar i = 0; i < COUNT; i++) begin : gen_counter
    logic [63:0] value_q;
    always_ff @(posedge clk_i) begin
      if (clear_i) value_q <= '0;
      else if (event_q[i]) value_q <= value_q + 64'd1;
    end
    assign counters_o[64*i+:64] = value_q;
  end
endmodule

`default_nettype wire
