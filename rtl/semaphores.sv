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
    /// An operation of engine e releases its operands: its two tokens for that are put.
    input  wire logic [3:0]   release_i,
    /// An operation of engine e ends: its token for that is put.
    input  wire logic [3:0]   end_i,
    /// Those tokens exist: bits 3*e +: 2 and bit 3*e + 2.
    input  wire logic [11:0]  push_valid_i,
    /// Their semaphores, 4 bits each in the same order.
    input  wire logic [47:0]  push_semaphore_i,
    /// A semaphore passed 255 in the cycle before.
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
  logic [4*COUNT-1:0] put;      // it puts tokens into semaphore s
  logic [4*COUNT-1:0] put_q;

  // Sums of so few bits are logic, not a carry chain each.
  function logic [1:0] three(input logic a, input logic b, input logic c);
    begin
      three = {(a & b) | (a & c) | (b & c), a ^ b ^ c};
    end
  endfunction
  function logic [2:0] sum_of(input logic [1:0] a, input logic [1:0] b);
    begin
      sum_of = {(a[1] & b[1]) | (a[0] & b[0] & (a[1] | b[1])), a[1] ^ b[1] ^ (a[0] & b[0]), a[0] ^ b[0]};
    end
  endfunction

  // The engines' answers come from one comparison each, and every semaphore finds the same answer by itself: a way
  // through all engines and back to all semaphores would be twice as long.
  for (genvar e = 0; e < 4; e++) begin : gen_grant
    assign wait_grant_o[e] =
        wait_valid_i[e] && value_q[BITS*wait_semaphore_i[4*e+:4]+:BITS] >= wait_amount_i[8*e+:8];
  end

  for (genvar s = 0; s < COUNT; s++) begin : gen_next
    logic [3:0] waits;
    logic [3:0] posts;
    logic [11:0] aims;   // tokens of operations that are this semaphore's
    logic [7:0] pushed;  // how many of them each engine puts
    logic [BITS-1:0] wanted;
    logic [BITS-1:0] taken;
    logic [4*BITS-1:0] amount;
    logic [BITS+1:0] posted;
    logic [3:0] pushes;
    logic enough;
    logic [WIDE-1:0] put_here;
    logic [WIDE-1:0] left;
    logic [WIDE-1:0] sum;
    logic high_q;
    for (genvar e = 0; e < 4; e++) begin : gen_engine
      assign waits[e] = wait_valid_i[e] && wait_semaphore_i[4*e+:4] == 4'(s);
      assign posts[e] = post_valid_i[e] && post_semaphore_i[4*e+:4] == 4'(s);
      for (genvar p = 3 * e; p < 3 * e + 3; p++) begin : gen_push
        assign aims[p] = push_valid_i[p] && push_semaphore_i[4*p+:4] == 4'(s);
      end
      // The releases and ends themselves are known last.
      assign pushed[2*e+:2] = three(release_i[e] && aims[3*e], release_i[e] && aims[3*e+1], end_i[e] && aims[3*e+2]);
    end
    assign wanted = (waits[0] ? wait_amount_i[7:0] : '0) | (waits[1] ? wait_amount_i[15:8] : '0) |
                    (waits[2] ? wait_amount_i[23:16] : '0) | (waits[3] ? wait_amount_i[31:24] : '0);
    for (genvar e = 0; e < 4; e++) begin : gen_amount
      assign amount[BITS*e+:BITS] = posts[e] ? post_amount_i[8*e+:8] : '0;
    end
    // Trees, not chains.
    assign posted = ((BITS + 2)'(amount[0+:BITS]) + (BITS + 2)'(amount[BITS+:BITS])) +
                    ((BITS + 2)'(amount[2*BITS+:BITS]) + (BITS + 2)'(amount[3*BITS+:BITS]));
    assign pushes = 4'(sum_of(pushed[1:0], pushed[3:2])) + 4'(sum_of(pushed[5:4], pushed[7:6]));
    assign enough = value_q[BITS*s+:BITS] >= wanted;
    assign put_here = WIDE'(value_q[BITS*s+:BITS]) + WIDE'(posted);
    assign taken = waits != '0 && enough ? wanted : '0;
    assign left = put_here - WIDE'(taken);
    assign sum = left + WIDE'(pushes);  // pushes are known last
    always_ff @(posedge clk_i) high_q <= rst_ni && !load_i && sum[WIDE-1:BITS] != '0;
    assign put[4*s+:4] = posts | {|pushed[7:6], |pushed[5:4], |pushed[3:2], |pushed[1:0]};
    assign overflow[s] = high_q;
    assign value_d[BITS*s+:BITS] = sum[BITS-1:0];
  end

  always_ff @(posedge clk_i) put_q <= put;
  assign overflow_o = overflow != '0;
  always_comb begin
    overflow_engine_o = '0;
    for (int s = 0; s < COUNT; s++) if (overflow[s]) overflow_engine_o = overflow_engine_o | put_q[4*s+:4];
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) value_q <= '0;
    else if (load_i) value_q <= load_values_i;
    else value_q <= value_d;
  end
endmodule

`default_nettype wire
