// SAT: the four engines with their sequencers, the on-chip memories and one line-wide memory port;
// docs/architecture/contract.md.
//
// A program begins in cycle 0, the cycle of `start_i`, and has ended when `done_o` is 1 again.
`default_nettype none

module sat_core #(
    /// Array rows.
    parameter int unsigned R = 4,
    /// Array columns, a multiple of 4.
    parameter int unsigned C = 4,
    /// Largest group size M.
    parameter int unsigned MAXM = 8,
    /// Accumulator slots of a USPE, per bank.
    parameter int unsigned S = 8,
    /// Ganged memory channels, a power of two.
    parameter int unsigned CH = 1,
    /// Lines of one row's west buffer.
    parameter int unsigned WD = 128,
    /// Lines of the north value buffer.
    parameter int unsigned NVD = 256,
    /// Lines of the north index buffer.
    parameter int unsigned NID = 128,
    /// Result buffer addresses, a power of two.
    parameter int unsigned RD = 1024,
    /// Instructions of an engine.
    parameter int unsigned IM = 1024,
    /// Lines of the vector memory.
    parameter int unsigned VD = 128,
    /// Longest burst in lines, a power of two.
    parameter int unsigned BL = 16,
    /// Piece FIFO of LOAD, at least 4.
    parameter int unsigned PF = 256,
    /// Line FIFO of LOAD, at least BL.
    parameter int unsigned LF = 64,
    /// Line FIFO of STORE, at least BL + 1.
    parameter int unsigned SF = 64
) (
    /// Clock.
    input  wire logic                     clk_i,
    /// Synchronous reset, active low.
    input  wire logic                     rst_ni,
    /// Start a program; only while `done_o`. This cycle is cycle 0.
    input  wire logic                     start_i,
    /// Memory line of its header.
    input  wire logic [33-$clog2(CH):0]   start_line_i,
    /// No program runs: all sequencers have halted and all operations have ended.
    output logic                          done_o,
    /// Cycles without progress after which a program is in error; 0: never.
    input  wire logic [31:0]              watchdog_cycles_i,
    /// The program cannot go on; no burst is offered any more. Stays until reset.
    output logic                          error_o,
    /// What is wrong, one of sat_registers::E_HEADER to E_WATCHDOG.
    output logic [3:0]                    error_code_o,
    /// Engine of the error, or sat_registers::ENGINE_FETCH.
    output logic [2:0]                    error_engine_o,
    /// Its instruction.
    output logic [15:0]                   error_pc_o,
    /// Since reset STORE has written an infinite or NaN result of STCE (contract.md §7) or VEC has met such a weight
    /// gradient or sum (vector.md §4).
    output logic                          nonfinite_o,
    /// Memory: a read burst is offered.
    output logic                          ar_valid_o,
    /// Memory: it is accepted.
    input  wire logic                     ar_ready_i,
    /// Memory: its first line.
    output logic [33-$clog2(CH):0]        ar_line_o,
    /// Memory: its lines.
    output logic [$clog2(BL+1)-1:0]       ar_lines_o,
    /// Memory: it belongs to FETCH; otherwise to LOAD.
    output logic                          ar_fetch_o,
    /// Memory: the instruction of LOAD that wants it.
    output logic [15:0]                   ar_pc_o,
    /// Memory: a line is complete; it is always taken.
    input  wire logic                     r_valid_i,
    /// Memory: that line.
    input  wire logic [512*CH-1:0]        r_data_i,
    /// Memory: a write burst is offered.
    output logic                          aw_valid_o,
    /// Memory: it is accepted.
    input  wire logic                     aw_ready_i,
    /// Memory: its first line.
    output logic [33-$clog2(CH):0]        aw_line_o,
    /// Memory: its lines.
    output logic [$clog2(BL+1)-1:0]       aw_lines_o,
    /// Memory: the instruction of STORE that writes it.
    output logic [15:0]                   aw_pc_o,
    /// Memory: a line is offered.
    output logic                          w_valid_o,
    /// Memory: it is accepted.
    input  wire logic                     w_ready_i,
    /// Memory: its data.
    output logic [512*CH-1:0]             w_data_o,
    /// Memory: its 8-byte words that are written.
    output logic [8*CH-1:0]               w_strobe_o,
    /// Memory: it is the burst's last.
    output logic                          w_last_o,
    /// Memory: a write response arrives; it is always taken.
    input  wire logic                     b_valid_i,
    /// Monitor: the sequencers run from the next cycle on.
    output logic                          go_o,
    /// Monitor: an operation of engine e is dispatched.
    output logic [3:0]                    dispatch_o,
    /// Monitor: the oldest operation of engine e releases its operands.
    output logic [3:0]                    release_o,
    /// Monitor: the oldest operation of engine e ends.
    output logic [3:0]                    end_o,
    /// Monitor: engine e executes HALT.
    output logic [3:0]                    halt_o,
    /// Monitor: engine e has an operation, from its dispatch to its end.
    output logic [3:0]                    busy_o,
    /// Monitor: the array's first element has had a MAC slot in the cycle before.
    output logic                          mac_slot_o,
    /// Monitor: words that LOAD writes in this cycle.
    output logic [$clog2(8*CH):0]         load_words_o,
    /// Monitor: registers 0..11 of the STCE sequencer, 40 bits each.
    output logic [479:0]                  stce_params_o,
    /// Monitor: flags of a RUN in the STCE sequencer.
    output logic [15:0]                   stce_flags_o,
    /// Monitor: registers 0..13 of the STORE sequencer, 40 bits each.
    output logic [559:0]                  store_params_o,
    /// Monitor: flags of a RUN in the STORE sequencer.
    output logic [15:0]                   store_flags_o
);
  localparam int unsigned LINE_BITS = 34 - $clog2(CH);
  localparam int unsigned BURST_BITS = $clog2(BL + 1);
  localparam int unsigned LANE_BITS = $clog2(8 * CH);
  localparam int unsigned BANKS = (64 * CH) / (2 * C) > 1 ? (64 * CH) / (2 * C) : 1;
  localparam int unsigned LOAD = sat_isa::ENGINE_LOAD;
  localparam int unsigned STCE = sat_isa::ENGINE_STCE;
  localparam int unsigned VEC = sat_isa::ENGINE_VEC;
  localparam int unsigned STORE = sat_isa::ENGINE_STORE;
  localparam logic [2:0] VMEM = 3'd4;

  if (CH == 0 || (CH & (CH - 1)) != 0 || (BL & (BL - 1)) != 0 || C % 4 != 0) begin : gen_check_shape
    $error("sat_core: CH and BL must be powers of two and C a multiple of 4");
  end
  if (PF < 4 || LF < BL || SF < BL + 1 || IM % (8 * CH) != 0) begin : gen_check_sizes
    $error("sat_core: PF >= 4, LF >= BL, SF >= BL + 1, IM a multiple of a line's instructions");
  end

  // FETCH and the read side of the memory port.
  logic fetch_valid;
  logic [LINE_BITS-1:0] fetch_line;
  localparam int unsigned LEFT_BITS = $clog2(IM / (8 * CH)) + 3;
  logic [BURST_BITS-1:0] fetch_room;
  logic [LEFT_BITS-1:0] fetch_left;
  logic fetch_ready;
  logic fetch_pop;
  logic fetch_idle;
  logic fetch_error;
  logic line_valid;
  logic [512*CH-1:0] line_data;
  logic header, clear;
  logic [63:0] counts;
  logic [127:0] initial_values;
  logic [3:0] write_valid;
  logic [$clog2(IM/(8*CH))-1:0] write_line;
  logic load_valid;
  logic [LINE_BITS-1:0] load_line;
  logic [BURST_BITS-1:0] load_lines;
  logic [15:0] load_pc;
  logic load_ready;
  logic load_pop;

  // Sequencers.
  logic [3:0] wait_valid;
  logic [15:0] wait_semaphore;
  logic [31:0] wait_amount;
  logic [3:0] wait_grant;
  logic [3:0] post_valid;
  logic [15:0] post_semaphore;
  logic [31:0] post_amount;
  logic [3:0] op_valid;
  logic [3:0] op_ready;
  logic [4*1280-1:0] op_params;
  logic [63:0] op_flags;
  logic [59:0] op_tokens;
  logic [3:0] idle;
  logic [3:0] control_error;
  logic [63:0] pc;

  // Tokens.
  logic [11:0] push_valid;
  logic [47:0] push_semaphore;
  logic [3:0] engine_busy;
  logic [63:0] oldest_pc;
  logic overflow;
  logic [3:0] overflow_engine;

  // On-chip writes and reads.
  logic wr_valid;
  logic [2:0] wr_kind;
  logic [512*CH-1:0] wr_data;
  logic [8*CH-1:0] wr_lane_en;
  logic [15:0] wr_line;
  logic [LANE_BITS-1:0] wr_first_lane;
  logic [$clog2(R)-1:0] wr_row;
  logic [15:0] wr_spread_word;
  logic [7:0] wr_group_words;
  logic rd_valid;
  logic [15:0] rd_addr;
  logic [32*BANKS*C-1:0] rd_data;
  logic vm_valid;
  logic [15+LANE_BITS:0] vm_word;
  logic [512*CH-1:0] vm_data;
  logic vec_rd_valid;
  logic [15+LANE_BITS:0] vec_rd_word;
  logic [512*CH-1:0] vec_rd_data;
  logic vec_wr_valid;
  logic [512*CH-1:0] vec_wr_data;
  logic [8*CH-1:0] vec_wr_lane_en;
  logic [15:0] vec_wr_line;
  logic [LANE_BITS-1:0] vec_wr_first_lane;

  // Errors, found in one cycle and judged in the next.
  logic [3:0] unknown;
  logic vec_unknown;
  logic [3:0] broken;
  logic [21:0] happens;  // signs of progress
  logic [21:0] happens_q;
  logic expired;
  logic ar_valid;
  logic aw_valid;
  logic fetch_error_q;
  logic [3:0] control_error_q;
  logic [3:0] unknown_q;
  logic expired_q;
  logic [63:0] pc_q;
  logic [63:0] oldest_pc_q;
  logic [3:0] engine_busy_q;
  logic [3:0] post_valid_q;
  logic [3:0] waiting_q;
  logic found;
  logic error_d;
  logic [3:0] error_code_d;
  logic [3:0] suspect;
  logic [63:0] suspect_pc;
  logic error_q;
  logic [3:0] error_code_q;
  logic [2:0] error_engine_q;
  logic [15:0] error_pc_q;

  read_port #(.CH(CH), .BL(BL), .LF(LF), .LEFT_BITS(LEFT_BITS)) reads (
      .clk_i(clk_i), .rst_ni(rst_ni), .fetch_valid_i(fetch_valid), .fetch_line_i(fetch_line),
      .fetch_room_i(fetch_room), .fetch_left_i(fetch_left), .fetch_ready_o(fetch_ready), .load_valid_i(load_valid), .load_line_i(load_line),
      .load_lines_i(load_lines), .load_ready_o(load_ready), .line_valid_o(line_valid), .line_data_o(line_data),
      .line_pop_i(fetch_pop || load_pop), .ar_valid_o(ar_valid), .ar_ready_i(ar_ready_i && !error_q), .ar_line_o(ar_line_o),
      .ar_lines_o(ar_lines_o), .r_valid_i(r_valid_i), .r_data_i(r_data_i));

  fetch #(.CH(CH), .BL(BL), .IM(IM)) fetcher (
      .clk_i(clk_i), .rst_ni(rst_ni), .start_i(start_i), .start_line_i(start_line_i), .req_valid_o(fetch_valid),
      .req_line_o(fetch_line), .req_room_o(fetch_room), .req_left_o(fetch_left),
      .req_lines_i(ar_lines_o), .req_ready_i(fetch_ready), .line_valid_i(line_valid),
      .line_data_i(line_data), .line_pop_o(fetch_pop), .header_o(header), .clear_o(clear), .counts_o(counts),
      .semaphores_o(initial_values), .write_valid_o(write_valid), .write_line_o(write_line), .go_o(go_o),
      .idle_o(fetch_idle), .error_o(fetch_error));

  for (genvar e = 0; e < 4; e++) begin : gen_sequencer
    sequencer #(.CH(CH), .IM(IM)) control (
        .clk_i(clk_i), .rst_ni(rst_ni), .clear_i(clear), .count_i(counts[16*e+:16]), .write_valid_i(write_valid[e]),
        .write_line_i(write_line), .write_data_i(line_data), .go_i(go_o), .wait_valid_o(wait_valid[e]),
        .wait_semaphore_o(wait_semaphore[4*e+:4]), .wait_amount_o(wait_amount[8*e+:8]), .wait_grant_i(wait_grant[e]),
        .post_valid_o(post_valid[e]), .post_semaphore_o(post_semaphore[4*e+:4]), .post_amount_o(post_amount[8*e+:8]),
        .op_valid_o(op_valid[e]), .op_ready_i(op_ready[e]), .op_params_o(op_params[1280*e+:1280]),
        .op_flags_o(op_flags[16*e+:16]), .op_tokens_o(op_tokens[15*e+:15]), .halt_o(halt_o[e]), .idle_o(idle[e]),
        .error_o(control_error[e]), .pc_o(pc[16*e+:16]));
  end

  semaphores tokens (
      .clk_i(clk_i), .rst_ni(rst_ni), .load_i(header), .load_values_i(initial_values), .wait_valid_i(wait_valid),
      .wait_semaphore_i(wait_semaphore), .wait_amount_i(wait_amount), .wait_grant_o(wait_grant),
      .post_valid_i(post_valid), .post_semaphore_i(post_semaphore), .post_amount_i(post_amount),
      .release_i(release_o), .end_i(end_o), .push_valid_i(push_valid),
      .push_semaphore_i(push_semaphore), .overflow_o(overflow),
      .overflow_engine_o(overflow_engine));

  assign dispatch_o = op_valid & op_ready;

  // An operation in flight of LOAD has an unwritten piece; of STORE, a line in the FIFO or a burst without response;
  // of STCE, at most the array's depth of steps. Each bounds the tokens.
  token_queue #(.DEPTH(PF + 2)) load_tokens (
      .clk_i(clk_i), .rst_ni(rst_ni), .dispatch_i(dispatch_o[LOAD]), .tokens_i(op_tokens[15*LOAD+:15]),
      .pc_i(pc[16*LOAD+:16]), .pc_o(oldest_pc[16*LOAD+:16]),
      .release_i(release_o[LOAD]), .done_i(end_o[LOAD]), .push_valid_o(push_valid[3*LOAD+:3]),
      .push_semaphore_o(push_semaphore[12*LOAD+:12]), .busy_o(engine_busy[LOAD]));

  token_queue #(.DEPTH(64)) stce_tokens (
      .clk_i(clk_i), .rst_ni(rst_ni), .dispatch_i(dispatch_o[STCE]), .tokens_i(op_tokens[15*STCE+:15]),
      .pc_i(pc[16*STCE+:16]), .pc_o(oldest_pc[16*STCE+:16]),
      .release_i(release_o[STCE]), .done_i(end_o[STCE]), .push_valid_o(push_valid[3*STCE+:3]),
      .push_semaphore_o(push_semaphore[12*STCE+:12]), .busy_o(engine_busy[STCE]));

  token_queue #(.DEPTH(SF + sat_isa::T_WRITE_BURSTS + 4)) store_tokens (
      .clk_i(clk_i), .rst_ni(rst_ni), .dispatch_i(dispatch_o[STORE]), .tokens_i(op_tokens[15*STORE+:15]),
      .pc_i(pc[16*STORE+:16]), .pc_o(oldest_pc[16*STORE+:16]),
      .release_i(release_o[STORE]), .done_i(end_o[STORE]), .push_valid_o(push_valid[3*STORE+:3]),
      .push_semaphore_o(push_semaphore[12*STORE+:12]), .busy_o(engine_busy[STORE]));

  // Operations of VEC do not overlap but for the last VEC_LATENCY cycles, and each takes a block of slots at least.
  token_queue #(.DEPTH(4)) vec_tokens (
      .clk_i(clk_i), .rst_ni(rst_ni), .dispatch_i(dispatch_o[VEC]), .tokens_i(op_tokens[15*VEC+:15]),
      .pc_i(pc[16*VEC+:16]), .pc_o(oldest_pc[16*VEC+:16]),
      .release_i(release_o[VEC]), .done_i(end_o[VEC]), .push_valid_o(push_valid[3*VEC+:3]),
      .push_semaphore_o(push_semaphore[12*VEC+:12]), .busy_o(engine_busy[VEC]));

  load #(.R(R), .CH(CH), .BL(BL), .PF(PF)) loader (
      .clk_i(clk_i), .rst_ni(rst_ni), .clear_i(clear), .op_valid_i(op_valid[LOAD]), .op_ready_o(op_ready[LOAD]),
      .op_params_i(op_params[1280*LOAD+:1280]), .op_flags_i(op_flags[16*LOAD+:16]), .release_o(release_o[LOAD]),
      .done_o(end_o[LOAD]), .req_valid_o(load_valid), .req_line_o(load_line), .req_lines_o(load_lines),
      .req_ready_i(load_ready), .line_valid_i(line_valid && fetch_idle), .line_data_i(line_data),
      .line_pop_o(load_pop), .wr_valid_o(wr_valid), .wr_kind_o(wr_kind), .wr_data_o(wr_data),
      .wr_lane_en_o(wr_lane_en), .wr_line_o(wr_line), .wr_first_lane_o(wr_first_lane), .wr_row_o(wr_row),
      .wr_spread_word_o(wr_spread_word), .wr_group_words_o(wr_group_words), .op_pc_i(pc[16*LOAD+:16]),
      .req_pc_o(load_pc), .wr_words_o(load_words_o));

  stce #(.R(R), .C(C), .MAXM(MAXM), .S(S), .CH(CH), .WD(WD), .NVD(NVD), .NID(NID), .RD(RD)) array (
      .clk_i(clk_i), .rst_ni(rst_ni), .op_valid_i(op_valid[STCE]), .op_ready_o(op_ready[STCE]),
      .op_params_i(op_params[1280*STCE+:1280]), .op_flags_i(op_flags[16*STCE+:16]), .release_o(release_o[STCE]),
      .done_o(end_o[STCE]), .wr_valid_i(wr_valid && wr_kind != VMEM), .wr_kind_i(wr_kind), .wr_data_i(wr_data),
      .wr_lane_en_i(wr_lane_en), .wr_line_i(wr_line), .wr_first_lane_i(wr_first_lane), .wr_row_i(wr_row),
      .wr_spread_word_i(wr_spread_word), .wr_group_words_i(wr_group_words), .rd_valid_i(rd_valid),
      .rd_addr_i(rd_addr), .rd_data_o(rd_data), .mac_slot_o(mac_slot_o));

  vmem #(.CH(CH), .DEPTH(VD)) vector_memory (
      .clk_i(clk_i), .wr_valid_i(wr_valid && wr_kind == VMEM), .wr_data_i(wr_data), .wr_lane_en_i(wr_lane_en),
      .wr_line_i(wr_line), .wr_first_lane_i(wr_first_lane), .rd_valid_i(vm_valid), .rd_word_i(vm_word),
      .rd_data_o(vm_data), .vec_rd_valid_i(vec_rd_valid), .vec_rd_word_i(vec_rd_word), .vec_rd_data_o(vec_rd_data),
      .vec_wr_valid_i(vec_wr_valid), .vec_wr_data_i(vec_wr_data), .vec_wr_lane_en_i(vec_wr_lane_en),
      .vec_wr_line_i(vec_wr_line), .vec_wr_first_lane_i(vec_wr_first_lane));

  logic vec_nonfinite;
  vec #(.CH(CH), .MAXM(MAXM)) vector_engine (
      .clk_i(clk_i), .rst_ni(rst_ni), .op_valid_i(op_valid[VEC]), .op_ready_o(op_ready[VEC]),
      .op_params_i(op_params[1280*VEC+:1280]), .op_flags_i(op_flags[16*VEC+:16]), .unknown_o(vec_unknown),
      .release_o(release_o[VEC]), .done_o(end_o[VEC]), .nonfinite_o(vec_nonfinite), .rd_valid_o(vec_rd_valid),
      .rd_word_o(vec_rd_word), .rd_data_i(vec_rd_data), .wr_valid_o(vec_wr_valid), .wr_data_o(vec_wr_data),
      .wr_lane_en_o(vec_wr_lane_en), .wr_line_o(vec_wr_line), .wr_first_lane_o(vec_wr_first_lane));

  logic store_nonfinite;
  store #(.C(C), .CH(CH), .BL(BL), .SF(SF), .BANKS(BANKS)) storer (
      .clk_i(clk_i), .rst_ni(rst_ni), .clear_i(clear), .op_valid_i(op_valid[STORE]), .op_ready_o(op_ready[STORE]),
      .op_params_i(op_params[1280*STORE+:1280]), .op_flags_i(op_flags[16*STORE+:16]), .release_o(release_o[STORE]),
      .done_o(end_o[STORE]), .rd_valid_o(rd_valid), .rd_addr_o(rd_addr), .rd_data_i(rd_data), .vm_valid_o(vm_valid),
      .vm_word_o(vm_word), .vm_data_i(vm_data), .aw_valid_o(aw_valid), .aw_ready_i(aw_ready_i && !error_q),
      .op_pc_i(pc[16*STORE+:16]), .aw_pc_o(aw_pc_o), .aw_line_o(aw_line_o), .aw_lines_o(aw_lines_o), .w_valid_o(w_valid_o), .w_ready_i(w_ready_i),
      .w_data_o(w_data_o), .w_strobe_o(w_strobe_o), .w_last_o(w_last_o), .b_valid_i(b_valid_i),
      .nonfinite_o(store_nonfinite));

  logic nonfinite_q;
  always_ff @(posedge clk_i) nonfinite_q <= rst_ni && (nonfinite_q || store_nonfinite || vec_nonfinite);
  assign nonfinite_o = nonfinite_q;

  assign done_o = fetch_idle && !(start_i && !error_q) && (&idle) && engine_busy == '0 && !found;

  assign ar_valid_o = ar_valid && !error_q;
  assign aw_valid_o = aw_valid && !error_q;
  assign ar_fetch_o = fetch_valid;
  assign ar_pc_o = load_pc;
  assign busy_o = engine_busy | dispatch_o;

  operation_check #(.R(R), .MAXM(MAXM), .S(S)) judge (
      .clk_i(clk_i), .rst_ni(rst_ni), .op_valid_i(op_valid), .op_params_i(op_params), .op_flags_i(op_flags),
      .fault_o(broken));

  assign happens = {dispatch_o, release_o, end_o, halt_o, go_o, r_valid_i, b_valid_i, ar_valid_o && ar_ready_i,
                    aw_valid_o && aw_ready_i, w_valid_o && w_ready_i};
  watchdog dog (
      .clk_i(clk_i), .rst_ni(rst_ni), .cycles_i(watchdog_cycles_i), .active_i(!done_o), .event_i(happens_q != '0),
      .expired_o(expired));

  // The first error stays. Of several in one cycle, the one that is found first below, of the lowest engine.
  assign unknown = {3'd0, vec_unknown} << VEC;
  assign error_o = error_q;
  assign error_code_o = error_code_q;
  assign error_engine_o = error_engine_q;
  assign error_pc_o = error_pc_q;

  always_ff @(posedge clk_i) begin
    happens_q         <= rst_ni ? happens : '0;
    fetch_error_q     <= rst_ni && fetch_error;
    control_error_q   <= rst_ni ? control_error : '0;
    unknown_q         <= rst_ni ? unknown : '0;
    expired_q         <= rst_ni && expired;
    pc_q              <= pc;
    oldest_pc_q       <= oldest_pc;
    engine_busy_q     <= engine_busy;
    post_valid_q      <= post_valid;
    // Who waits for tokens, or else who has not halted.
    waiting_q         <= wait_valid != '0 ? wait_valid : ~idle;
  end
  assign found = fetch_error_q || expired_q || overflow || (control_error_q | unknown_q | broken) != '0;

  always_comb begin
    error_d = 1'b1;
    error_code_d = sat_registers::E_NONE;
    suspect = '0;
    suspect_pc = pc_q;
    if (fetch_error_q) begin
      error_code_d = sat_registers::E_HEADER;
    end else if (control_error_q != '0) begin
      error_code_d = sat_registers::E_INSTRUCTION;
      suspect = control_error_q;
    end else if (unknown_q != '0) begin
      error_code_d = sat_registers::E_VECTOR_OPERATION;
      suspect = unknown_q;
    end else if (broken != '0) begin
      error_code_d = sat_registers::E_OPERATION;
      suspect = broken;
    end else if (overflow) begin
      error_code_d = sat_registers::E_SEMAPHORE;
      suspect = overflow_engine;
      // Tokens come from a POST or from an operation that releases or ends.
      for (int e = 0; e < 4; e++) if (!post_valid_q[e]) suspect_pc[16*e+:16] = oldest_pc_q[16*e+:16];
    end else if (expired_q) begin
      error_code_d = sat_registers::E_WATCHDOG;
      // A dispatched operation waits for nothing but the memory: it is the cause. Otherwise a WAIT is.
      if (engine_busy_q != '0) begin
        suspect = engine_busy_q;
        suspect_pc = oldest_pc_q;
      end else begin
        suspect = waiting_q;
      end
    end else begin
      error_d = 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      error_q        <= 1'b0;
      error_code_q   <= sat_registers::E_NONE;
      error_engine_q <= sat_registers::ENGINE_NONE;
      error_pc_q     <= '0;
    end else if (!error_q && error_d) begin
      error_q        <= 1'b1;
      error_code_q   <= error_code_d;
      error_engine_q <= sat_registers::ENGINE_FETCH;
      error_pc_q     <= '0;
      for (int e = 3; e >= 0; e--) begin
        if (suspect[e]) begin
          error_engine_q <= 3'(e);
          error_pc_q <= suspect_pc[16*e+:16];
        end
      end
    end
  end

  assign stce_params_o = op_params[1280*STCE+:480];
  assign stce_flags_o = op_flags[16*STCE+:16];
  assign store_params_o = op_params[1280*STORE+:560];
  assign store_flags_o = op_flags[16*STORE+:16];

`ifndef SYNTHESIS
  // What a program that uses VEC must keep (vector.md §2); the lines are those of the first words.
  always_ff @(posedge clk_i) begin
    if (rst_ni && vec_wr_valid && vec_wr_line < 16'(VD / 2)) $error("sat_core: VEC writes the lower half of VMEM");
    if (rst_ni && vec_wr_valid && wr_valid && wr_kind == VMEM && wr_line >= 16'(VD / 2))
      $error("sat_core: LOAD and VEC write the upper half of VMEM in one cycle");
  end
`endif
endmodule

`default_nettype wire
