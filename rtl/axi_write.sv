// From the core's line-wide write port to the ganged AXI4 write channels; docs/architecture/top.md.
//
// Every burst of lines becomes one INCR burst of 64-byte beats on each channel. Channels may run apart: each has queues
// of addresses, of beats and of responses. A burst handed over in cycle t stands on the channels in t+2, a line handed
// over in t in t+1; a burst whose last response comes in cycle t is answered in t+1. When a program is stopped, the beats
// that accepted bursts still lack are sent without strobes.
`default_nettype none

module axi_write #(
    /// Ganged memory channels, a power of two.
    parameter int unsigned CH = 1,
    /// Longest burst in lines.
    parameter int unsigned BL = 16,
    /// Beats by which a channel may be ahead of another, at least 2.
    parameter int unsigned SKEW = 32
) (
    /// Clock.
    input  wire logic                     clk_i,
    /// Synchronous reset, active low.
    input  wire logic                     rst_ni,
    /// A program runs; otherwise nothing new is taken and open bursts are completed.
    input  wire logic                     run_i,
    /// Base byte addresses of the channels, 64 bits each.
    input  wire logic [64*CH-1:0]         base_i,
    /// First line that must not be touched.
    input  wire logic [63:0]              limit_i,
    /// Core: a write burst is offered; the beats of the burst before have been accepted.
    input  wire logic                     aw_valid_i,
    /// Core: it is accepted.
    output logic                          aw_ready_o,
    /// Core: its first line.
    input  wire logic [33-$clog2(CH):0]   aw_line_i,
    /// Core: its lines.
    input  wire logic [$clog2(BL+1)-1:0]  aw_lines_i,
    /// Core: its tag.
    input  wire logic [15:0]              aw_tag_i,
    /// Core: a line is offered.
    input  wire logic                     w_valid_i,
    /// Core: it is accepted.
    output logic                          w_ready_o,
    /// Core: its data.
    input  wire logic [512*CH-1:0]        w_data_i,
    /// Core: its 8-byte words that are written.
    input  wire logic [8*CH-1:0]          w_strobe_i,
    /// Core: a burst is answered.
    output logic                          b_valid_o,
    /// A burst reached `limit_i`: it was not issued, and nothing more is taken until `run_i` has been 0.
    output logic                          range_error_o,
    /// A burst was answered with an error.
    output logic                          response_error_o,
    /// Tag of the burst, with either error.
    output logic [15:0]                   error_tag_o,
    /// Its first line.
    output logic [33-$clog2(CH):0]        error_line_o,
    /// Channels of the response error.
    output logic [CH-1:0]                 error_channels_o,
    /// Nothing is under way.
    output logic                          idle_o,
    /// AXI4, channel c in the c-th part of each.
    output logic [CH-1:0]                 m_awvalid_o,
    /// See `m_awvalid_o`.
    input  wire logic [CH-1:0]            m_awready_i,
    /// See `m_awvalid_o`.
    output logic [64*CH-1:0]              m_awaddr_o,
    /// See `m_awvalid_o`.
    output logic [8*CH-1:0]               m_awlen_o,
    /// See `m_awvalid_o`.
    output logic [CH-1:0]                 m_wvalid_o,
    /// See `m_awvalid_o`.
    input  wire logic [CH-1:0]            m_wready_i,
    /// See `m_awvalid_o`.
    output logic [512*CH-1:0]             m_wdata_o,
    /// See `m_awvalid_o`.
    output logic [64*CH-1:0]              m_wstrb_o,
    /// See `m_awvalid_o`.
    output logic [CH-1:0]                 m_wlast_o,
    /// See `m_awvalid_o`.
    input  wire logic [CH-1:0]            m_bvalid_i,
    /// See `m_awvalid_o`.
    output logic [CH-1:0]                 m_bready_o,
    /// See `m_awvalid_o`.
    input  wire logic [2*CH-1:0]          m_bresp_i
);
  localparam int unsigned LINE_BITS = 34 - $clog2(CH);
  localparam int unsigned BURST_BITS = $clog2(BL + 1);
  // The core lets WRITE_BURSTS bursts await their response.
  localparam int unsigned BURSTS = sat_isa::T_WRITE_BURSTS;
  localparam int unsigned COUNT_BITS = $clog2(BURSTS + 1);
  localparam int unsigned SKEW_BITS = $clog2(SKEW + 1);

  // The burst taken in the cycle before, where its range is judged.
  logic valid_q;
  logic [LINE_BITS-1:0] line_q;
  logic [BURST_BITS-1:0] lines_q;
  logic [15:0] tag_q;
  logic blocked_q;  // after a burst out of range
  logic out_of_range;
  logic issue;

  // Lines.
  logic [BURST_BITS-1:0] left_q;  // of the present burst, not yet in the channels' queues
  logic [BURST_BITS-1:0] left;
  logic [CH-1:0] has_room;
  logic filler;
  logic push;

  // Responses.
  logic flight_valid;
  logic [15:0] flight_tag;
  logic [LINE_BITS-1:0] flight_line;
  logic [COUNT_BITS-1:0] flight_count;
  logic [CH-1:0] answer_valid;
  logic [CH-1:0] answer_error;
  logic complete;

  assign aw_ready_o = run_i && !blocked_q && !out_of_range && flight_count + COUNT_BITS'(valid_q) < COUNT_BITS'(BURSTS);
  assign out_of_range = valid_q && 64'(line_q) + 64'(lines_q) > limit_i;
  assign issue = valid_q && !out_of_range;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      valid_q   <= 1'b0;
      blocked_q <= 1'b0;
    end else begin
      valid_q   <= aw_valid_i && aw_ready_o;
      blocked_q <= run_i && (blocked_q || out_of_range);
    end
  end
  always_ff @(posedge clk_i) begin
    line_q  <= aw_line_i;
    lines_q <= aw_lines_i;
    tag_q   <= aw_tag_i;
  end

  // Lines may come in the cycle in which their burst is judged. Those of a burst out of range are dropped.
  assign left = issue ? lines_q : left_q;
  assign w_ready_o = run_i && !blocked_q && (&has_room);
  assign filler = !run_i && left != '0;
  assign push = left != '0 && (&has_room) && (filler || (w_valid_i && w_ready_o));
  always_ff @(posedge clk_i) begin
    if (!rst_ni) left_q <= '0;
    else left_q <= left - BURST_BITS'(push);
  end

  for (genvar c = 0; c < CH; c++) begin : gen_channel
    logic [COUNT_BITS-1:0] queued;
    logic [SKEW_BITS-1:0] buffered;
    logic [COUNT_BITS-1:0] answers;
    logic [63:0] address;
    logic [7:0] length;
    logic [7:0] words;
    logic [7:0] out_words;
    assign address = base_i[64*c+:64] + {{(58 - LINE_BITS) {1'b0}}, line_q, 6'd0};
    assign length = 8'(lines_q) - 8'd1;
    assign words = filler ? '0 : w_strobe_i[8*c+:8];

    sync_fifo #(.WIDTH(72), .DEPTH(BURSTS)) addresses (
        .clk_i(clk_i), .rst_ni(rst_ni), .push_i(issue), .data_i({length, address}),
        .pop_i(m_awvalid_o[c] && m_awready_i[c]), .data_o({m_awlen_o[8*c+:8], m_awaddr_o[64*c+:64]}),
        .valid_o(m_awvalid_o[c]), .count_o(queued));

    assign has_room[c] = buffered != SKEW_BITS'(SKEW);
    sync_fifo #(.WIDTH(521), .DEPTH(SKEW)) beats (
        .clk_i(clk_i), .rst_ni(rst_ni), .push_i(push),
        .data_i({left == BURST_BITS'(1), words, w_data_i[512*c+:512]}), .pop_i(m_wvalid_o[c] && m_wready_i[c]),
        .data_o({m_wlast_o[c], out_words, m_wdata_o[512*c+:512]}), .valid_o(m_wvalid_o[c]), .count_o(buffered));
    for (genvar w = 0; w < 8; w++) begin : gen_strobe
      assign m_wstrb_o[64*c+8*w+:8] = {8{out_words[w]}};
    end

    assign m_bready_o[c] = answers != COUNT_BITS'(BURSTS);
    sync_fifo #(.WIDTH(1), .DEPTH(BURSTS)) responses (
        .clk_i(clk_i), .rst_ni(rst_ni), .push_i(m_bvalid_i[c] && m_bready_o[c]), .data_i(m_bresp_i[2*c+:2] != 2'b00),
        .pop_i(complete), .data_o(answer_error[c]), .valid_o(answer_valid[c]), .count_o(answers));

    logic unused_count;
    assign unused_count = &{1'b0, queued};
  end

  sync_fifo #(.WIDTH(16 + LINE_BITS), .DEPTH(BURSTS)) flight (
      .clk_i(clk_i), .rst_ni(rst_ni), .push_i(issue), .data_i({tag_q, line_q}), .pop_i(complete),
      .data_o({flight_tag, flight_line}), .valid_o(flight_valid), .count_o(flight_count));

  assign complete = flight_valid && (&answer_valid);
  assign b_valid_o = complete;
  assign idle_o = !valid_q && !flight_valid;

  assign range_error_o = out_of_range;
  assign response_error_o = complete && answer_error != '0;
  assign error_channels_o = answer_error;
  assign error_tag_o = out_of_range ? tag_q : flight_tag;
  assign error_line_o = out_of_range ? line_q : flight_line;
endmodule

`default_nettype wire
