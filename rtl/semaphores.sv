// The sixteen counting semaphores through which the engines meet; docs/architecture/contract.md §3.
//
// All pushes of a cycle add up and are visible from the next cycle on; a WAIT is granted by the value at the beginning
// of its cycle. A semaphore has one consuming engine, so what is taken from it in a cycle needs no addition. One that
// would pass 255 raises `overflow_o`. The program checker refuses programs that break either rule.
`default_nettype none

module semaphores (
    /// Clock.
    input  wire logic         clk_i,
    /// Synchronous reset, active low: all semaphores 0.
    input  wire logic         rst_ni,
    /// Load all semaphores from `load_values_i`; nothing else happens in that cycle.
    input  wire logic         load_i,
    /// Initial values, semaphore i in bits 8*i +: 8.
    input  wire logic [127:0] load_values_i,
    /// Engine e has a WAIT in this cycle.
    input  wire logic [3:0]   wait_valid_i,
    /// Its semaphore, bits 4*e +: 4.
    input  wire logic [15:0]  wait_semaphore_i,
    /// The tokens it needs, bits 8*e +: 8.
    input  wire logic [31:0]  wait_amount_i,
    /// The tokens are there and are taken in this cycle.
    output logic [3:0]        wait_grant_o,
    /// Engine e executes a POST in this cycle.
    input  wire logic [3:0]   post_valid_i,
    /// Its semaphore, bits 4*e +: 4.
    input  wire logic [15:0]  post_semaphore_i,
    /// The tokens it puts, bits 8*e +: 8.
    input  wire logic [31:0]  post_amount_i,
    /// Single tokens from operations: bits 3*e +: 3 of engine e.
    input  wire logic [11:0]  push_valid_i,
    /// Their semaphores, 4 bits each in the same order.
    input  wire logic [47:0]  push_semaphore_i,
    /// A semaphore passed 255 in this cycle.
    output logic              overflow_o,
    /// Engines that put tokens into one that did.
    output logic [3:0]        overflow_engine_o
);
  localparam int unsigned COUNT = sat_isa::SEMAPHORES;
  localparam int unsigned BITS = sat_isa::SEMAPHORE_BITS;
  localparam int unsigned WIDE = BITS + 4;

  logic [COUNT*BITS-1:0] value_q;
  logic [COUNT*BITS-1:0] value_d;
  logic [COUNT-1:0] overflow;

  for (genvar e = 0; e < 4; e++) begin : gen_grant
    assign wait_grant_o[e] =
        wait_valid_i[e] && value_q[BITS*wait_semaphore_i[4*e+:4]+:BITS] >= wait_amount_i[8*e+:8];
  end

  for (genvar s = 0; s < COUNT; s++) begin : gen_next
    logic [11:0] pushed;
    logic [BITS-1:0] taken;
    logic [BITS+1:0] posted;
    logic [WIDE-1:0] sum;
    always_comb begin
      taken = '0;
      posted = '0;
      for (int e = 0; e < 4; e++) begin
        if (wait_grant_o[e] && wait_semaphore_i[4*e+:4] == 4'(s)) taken = taken | wait_amount_i[8*e+:8];
        if (post_valid_i[e] && post_semaphore_i[4*e+:4] == 4'(s)) posted = posted + (BITS + 2)'(post_amount_i[8*e+:8]);
      end
      for (int p = 0; p < 12; p++) pushed[p] = push_valid_i[p] && push_semaphore_i[4*p+:4] == 4'(s);
      sum = WIDE'(value_q[BITS*s+:BITS]) - WIDE'(taken) + WIDE'(posted) + WIDE'($countones(pushed));
    end
    assign overflow[s] = sum[WIDE-1:BITS] != '0;
    assign value_d[BITS*s+:BITS] = sum[BITS-1:0];
  end

  assign overflow_o = (overflow != '0) && !load_i;

  always_comb begin
    for (int e = 0; e < 4; e++) begin
      overflow_engine_o[e] = post_valid_i[e] && overflow[post_semaphore_i[4*e+:4]];
      for (int p = 3 * e; p < 3 * e + 3; p++) begin
        overflow_engine_o[e] = overflow_engine_o[e] || (push_valid_i[p] && overflow[push_semaphore_i[4*p+:4]]);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) value_q <= '0;
    else if (load_i) value_q <= load_values_i;
    else value_q <= value_d;
  end
endmodule

`default_nettype wire
