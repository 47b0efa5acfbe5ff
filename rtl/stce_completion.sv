// When operations of the STCE have released their operands and have ended, in the order of their dispatch, and where the sums of WS
// go that leave the last row; docs/architecture/contract.md §5, "Release" and the ends.
`default_nettype none

module stce_completion #(
    /// Array rows and columns.
    parameter int unsigned R = 4,
    parameter int unsigned C = 4
) (
    /// Clock.
    input  wire logic        clk_i,
    /// Synchronous reset, active low.
    input  wire logic        rst_ni,
    /// An operation is dispatched.
    input  wire logic        dispatch_i,
    /// It is one of WS, it ends with its drain, its results are FP16, their first address.
    input  wire logic        ws_i,
    input  wire logic        drained_i,
    input  wire logic        fp16_i,
    input  wire logic [15:0] ra_i,
    /// Operations in flight are those of WS.
    input  wire logic        ring_i,
    /// An operation's last MAC slot.
    input  wire logic        passed_i,
    /// A tile's last drain slot.
    input  wire logic        drain_end_i,
    /// Last row: an operation's last word has been fed.
    input  wire logic        t_fed_i,
    /// Last row, two cycles after the slot: a sum leaves it.
    input  wire logic        t_sum_i,
    /// Last row, two cycles after its last slot: an operation without a drain.
    input  wire logic        t_end_i,
    /// Release and end of the oldest operation.
    output logic             release_o,
    output logic             done_o,
    /// Operations are in flight.
    output logic             any_o,
    /// With t_sum_i: the sum goes to this result address, as FP16.
    output logic [15:0]      t_addr_o,
    output logic             t_fp16_o
);
  localparam int unsigned END_DELAY = C - 3 + sat_isa::T_DRAIN_LATENCY;  // from t_end_i, OS
  localparam int unsigned WS_END_DELAY = sat_isa::T_WS_LATENCY - sat_isa::T_DRAIN_LATENCY;
  localparam int unsigned DRAIN_DONE_DELAY = R + C - 2 + sat_isa::T_OUT_LATENCY;

  // Released when the last row has been fed and the last slot has passed; both happen in the order of operations.
  logic fed_last_q, passed_q;
  logic [5:0] fed_q, passed_count_q;
  logic fed_any, passed_any;
  assign fed_any = fed_q != '0 || fed_last_q;
  assign passed_any = passed_count_q != '0 || passed_q;
  assign release_o = fed_any && passed_any;

  // WS: where the sums go, in the order of operations.
  logic [15:0] sum_ra, sum_number_q;
  logic sums_valid;
  logic [3:0] sums_count;
  sync_fifo #(.WIDTH(17), .DEPTH(8)) sums (
      .clk_i(clk_i), .rst_ni(rst_ni), .push_i(dispatch_i && ws_i), .data_i({fp16_i, ra_i}), .pop_i(t_end_i && ring_i),
      .data_o({t_fp16_o, sum_ra}), .valid_o(sums_valid), .count_o(sums_count));
  assign t_addr_o = sum_ra + sum_number_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni || t_end_i) sum_number_q <= '0;
    else sum_number_q <= sum_number_q + 16'(t_sum_i);
  end

  // Ended in the order of operations, one a cycle: a drained tile, or an operation without a drain.
  logic [END_DELAY-1:0] end_delay_q;
  logic [WS_END_DELAY-1:0] ws_end_delay_q;
  logic [DRAIN_DONE_DELAY-1:0] drain_delay_q;
  logic [5:0] mac_done_q, drain_done_q;
  logic drained, mac_end, mac_any, drain_any;
  logic [6:0] kind_count;
  sync_fifo #(.WIDTH(1), .DEPTH(64)) kinds (
      .clk_i(clk_i), .rst_ni(rst_ni), .push_i(dispatch_i), .data_i(drained_i), .pop_i(done_o), .data_o(drained),
      .valid_o(any_o), .count_o(kind_count));
  assign mac_end = ring_i ? ws_end_delay_q[WS_END_DELAY-1] : end_delay_q[END_DELAY-1];
  assign mac_any = mac_done_q != '0 || mac_end;
  assign drain_any = drain_done_q != '0 || drain_delay_q[DRAIN_DONE_DELAY-1];
  assign done_o = any_o && (drained ? drain_any : mac_any);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fed_last_q <= 1'b0;
      passed_q <= 1'b0;
      fed_q <= '0;
      passed_count_q <= '0;
      end_delay_q <= '0;
      ws_end_delay_q <= '0;
      drain_delay_q <= '0;
      mac_done_q <= '0;
      drain_done_q <= '0;
    end else begin
      fed_last_q <= t_fed_i;
      passed_q <= passed_i;
      fed_q <= fed_q + 6'(fed_last_q) - 6'(release_o);
      passed_count_q <= passed_count_q + 6'(passed_q) - 6'(release_o);
      end_delay_q <= {end_delay_q[END_DELAY-2:0], t_end_i};
      ws_end_delay_q <= WS_END_DELAY'({ws_end_delay_q, ring_i && end_delay_q[END_DELAY-1]});
      drain_delay_q <= {drain_delay_q[DRAIN_DONE_DELAY-2:0], drain_end_i};
      mac_done_q <= mac_done_q + 6'(mac_end) - 6'(done_o && !drained);
      drain_done_q <= drain_done_q + 6'(drain_delay_q[DRAIN_DONE_DELAY-1]) - 6'(done_o && drained);
    end
  end

  logic unused;
  assign unused = &{1'b0, sums_valid, sums_count, kind_count};
endmodule

`default_nettype wire
