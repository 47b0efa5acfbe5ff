// Schedules the operations of the STCE: feed commands and MAC slots to the west rows, load slots to the north columns, and when
// the next operation may be dispatched; docs/architecture/contract.md §5. What follows the slots, drains and the ends of
// operations, is in stce_drain and stce_completion.
//
// Feeding (F) is one step ahead of the MAC slots (X); draining (Z) follows. WS: pairs are loaded (L) while the operation's
// first words are fed. All commands are those of row 0 and column 0 in the cycle in which they are given; the array adds the
// skew, and the end of its row chain (`t_*`) tells when commands have reached the last row.
`default_nettype none

module stce_control #(
    /// Array rows and columns.
    parameter int unsigned R = 4,
    parameter int unsigned C = 4,
    /// Largest group size.
    parameter int unsigned MAXM = 8,
    /// Accumulator slots of a bank, at most 16.
    parameter int unsigned S = 8,
    /// Bits of an address in the group RAM, the half included.
    parameter int unsigned ADDRESS_BITS = 5,
    /// Bits of a drain slot's accumulator or a load slot's place.
    parameter int unsigned PLACE_BITS = 4,
    /// Entries of the rings between rows.
    parameter int unsigned RING = 60
) (
    /// Clock.
    input  wire logic                     clk_i,
    /// Synchronous reset, active low.
    input  wire logic                     rst_ni,
    /// Dispatch where both are 1.
    input  wire logic                     op_valid_i,
    output logic                          op_ready_o,
    /// Register i in bits 40*i +: 40.
    input  wire logic [32*40-1:0]         op_params_i,
    input  wire logic [15:0]              op_flags_i,
    /// Release and end of the oldest operation.
    output logic                          release_o,
    output logic                          done_o,
    /// Between rows: WS, the rings' turn is complete, their entry of this cycle.
    output logic                          ring_o,
    /// See `ring_o`.
    output logic                          ring_turned_o,
    /// See `ring_o`.
    output logic [$clog2(RING)-1:0]       ring_pointer_o,
    /// Feed command.
    output logic                          fd_valid_o,
    /// It is the operation's last.
    output logic                          fd_final_o,
    /// Its line.
    output logic [15:0]                   fd_line_o,
    /// Its word from that line on.
    output logic [15:0]                   fd_word_o,
    /// How much the word grows from row to row.
    output logic [2:0]                    fd_step_o,
    /// TRANSPOSED: the word holds an element for each of four rows, their element `fd_element_o` of K's word of four.
    output logic                          fd_turned_o,
    /// See `fd_turned_o`.
    output logic [1:0]                    fd_element_o,
    /// Where the word goes in the group RAM.
    output logic [ADDRESS_BITS-1:0]       fd_address_o,
    /// MAC slot, as in `uspe`.
    output logic                          m_valid_o,
    /// See `m_valid_o`.
    output logic                          m_first_o,
    /// See `m_valid_o`.
    output logic                          m_ws_o,
    /// See `m_valid_o`.
    output logic                          m_half_o,
    /// See `m_valid_o`.
    output logic [ADDRESS_BITS-2:0]       m_word_o,
    /// See `m_valid_o`.
    output logic [$clog2(S):0]            m_slot_o,
    /// See `m_valid_o`.
    output logic [$clog2(MAXM):0]         m_weight_o,
    /// WS: it completes a partial sum in its row.
    output logic                          m_sum_o,
    /// The operation, one without a drain, issues no more slots.
    output logic                          m_end_o,
    /// North operands of the MAC slot (OS) or the load slot (WS), in units of C elements and C nibbles.
    output logic [19:0]                   n_value_unit_o,
    /// See `n_value_unit_o`.
    output logic [19:0]                   n_index_unit_o,
    /// The index is `n_pair_o`.
    output logic                          n_dense_o,
    /// Number of the pair within its group.
    output logic [3:0]                    n_pair_o,
    /// The pair is +0 (WS: the operation does not use the row).
    output logic                          n_zero_o,
    /// Drain or load slot, as in `uspe`.
    output logic                          d_valid_o,
    /// See `d_valid_o`.
    output logic                          d_load_o,
    /// See `d_valid_o`.
    output logic [$clog2(R)-1:0]          d_row_o,
    /// See `d_valid_o`.
    output logic [PLACE_BITS-1:0]         d_place_o,
    /// OS: the drain slot's value goes to this result address.
    output logic                          o_valid_o,
    /// As FP16.
    output logic                          o_fp16_o,
    /// See `o_valid_o`.
    output logic [15:0]                   o_addr_o,
    /// WS: the MAC slot's sum starts from this result address.
    output logic                          p_valid_o,
    /// See `p_valid_o`.
    output logic [15:0]                   p_addr_o,
    /// Last row: an operation's last word has been fed.
    input  wire logic                     t_fed_i,
    /// Last row, two cycles after its command: `m_valid_o && m_sum_o`.
    input  wire logic                     t_sum_i,
    /// Last row, two cycles after its command: `m_end_o`.
    input  wire logic                     t_end_i,
    /// In that cycle: the sum goes to this result address.
    output logic [15:0]                   t_addr_o,
    /// As FP16.
    output logic                          t_fp16_o
);
  localparam int unsigned SLOT_BITS = $clog2(S);
  localparam int unsigned ROW_BITS = $clog2(R);
  localparam int unsigned FEED_BITS = ADDRESS_BITS - 1;
  localparam int unsigned QUAD_BITS = ROW_BITS < 2 ? 0 : ROW_BITS - 2;  // of the number of four rows; TRANSPOSED has at least four
  localparam int unsigned UNIT_SHIFT = $clog2(C / 4);  // the registers count four values, four indices
  // Rows of indices begin at words of 16 nibbles, which a narrower array fills with several units.
  localparam int unsigned WORD_UNITS = C < 16 ? 16 / C : 1;
  localparam int unsigned PAIR_BITS = $clog2(MAXM);
  localparam int unsigned RING_BITS = $clog2(RING);

  // ---- parameters of an operation being dispatched --------------------------------------------------------------
  logic dispatch;
  assign dispatch = op_valid_i && op_ready_o;
  logic op_first, op_last;
  logic op_ws;
  assign op_ws = op_flags_i[sat_isa::STCE_F_WS];
  assign op_first = op_flags_i[sat_isa::STCE_F_FIRST];
  assign op_last = op_flags_i[sat_isa::STCE_F_LAST] && !op_ws;
  logic [3:0] op_sr;
  logic [4:0] op_sc;
  assign op_sr = op_params_i[40*sat_isa::STCE_R_SR+:4];
  assign op_sc = op_params_i[40*sat_isa::STCE_R_SC+:5];
  logic [7:0] op_slots;
  assign op_slots = op_ws ? {4'd0, op_sr} : {4'd0, op_sr} * {3'd0, op_sc};
  logic [4:0] op_n;
  assign op_n = op_params_i[40*sat_isa::STCE_R_N+:5];
  logic [7:0] op_period;
  assign op_period = op_slots < 8'(sat_isa::T_ACC_INTERVAL) ? 8'(sat_isa::T_ACC_INTERVAL) : op_slots;
  logic [19:0] op_value, op_index;
  assign op_value = op_params_i[40*sat_isa::STCE_R_NV+:20] >> UNIT_SHIFT;
  assign op_index = op_params_i[40*sat_isa::STCE_R_NI+:20] >> UNIT_SHIFT;
  logic any;  // operations are in flight

  // ---- feed: the operation F, its steps -------------------------------------------------------------------------
  logic fo_first_q, fo_last_q, fo_transposed_q, fo_dense_q, fo_fp16_q, fo_ws_q, fo_half_q;
  logic [15:0] fo_wa_q, fo_wstride_q, fo_ra_q;
  logic [ROW_BITS:0] fo_rows_q;
  logic [19:0] fo_value_q, fo_index_q;
  logic [3:0] fo_sr_q;
  logic [4:0] fo_sc_q;
  logic [4:0] fo_n_q, fo_m_q;
  logic [7:0] fo_slots_q, fo_period_q;
  logic [15:0] groups_left_q;

  logic f_active_q, f_half_q, f_step_first_q;
  logic [3:0] f_inner_q;
  logic [4:0] f_outer_q;
  logic [FEED_BITS-1:0] f_address_q;
  logic [15:0] f_line_q, f_word_q;
  logic step_ready_q, step_first_q, step_final_q;

  logic x_start, f_start, f_on, f_outer_end, f_inner_end, f_end;
  logic [3:0] f_inner_count;
  logic [4:0] f_outer_count;
  assign f_inner_count = fo_transposed_q ? fo_sr_q : {1'b0, fo_m_q[4:2]};
  assign f_outer_count = fo_transposed_q ? fo_m_q : {1'b0, fo_sr_q};
  assign f_start = groups_left_q != 16'd0 && !f_active_q && (!step_ready_q || x_start);
  assign f_on = f_start || f_active_q;
  assign f_inner_end = f_inner_q + 4'd1 == f_inner_count;
  assign f_outer_end = f_outer_next == f_outer_count;
  assign f_end = f_on && f_inner_end && f_outer_end;
  logic [15:0] groups_next;
  assign groups_next = groups_left_q - 16'(f_start);
  logic no_more;  // groups_next is 0, without the difference
  assign no_more = groups_left_q == 16'd0 || (f_start && groups_left_q == 16'd1);

  assign fd_valid_o = f_on;
  assign fd_final_o = f_end && no_more;
  assign fd_line_o = f_line_q;
  // TRANSPOSED: word (s*R + r) / 4, s inside, elements of K outside. WS: row r holds group r.
  assign fd_word_o = fo_transposed_q ? {12'd0, f_inner_q} << QUAD_BITS : f_word_q + {12'd0, f_inner_q};
  assign fd_step_o = fo_ws_q ? fo_m_q[4:2] : 3'd0;
  assign fd_turned_o = fo_transposed_q;
  assign fd_element_o = f_outer_q[1:0];
  logic [4:0] f_outer_next;
  assign f_outer_next = f_outer_q + 5'd1;
  assign fd_address_o = {f_half_q, f_address_q};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      groups_left_q <= '0;
      f_active_q <= 1'b0;
      f_half_q <= 1'b0;
      f_inner_q <= '0;
      f_outer_q <= '0;
      f_address_q <= '0;
      step_ready_q <= 1'b0;
    end else begin
      groups_left_q <= !dispatch ? groups_next : op_ws ? op_params_i[40*sat_isa::STCE_R_BATCHES+:16]
                                                       : op_params_i[40*sat_isa::STCE_R_GROUPS+:16];
      f_active_q <= f_on && !f_end;
      step_ready_q <= (step_ready_q && !x_start) || f_end;
      if (f_on) begin
        f_inner_q <= f_inner_end ? '0 : f_inner_q + 4'd1;
        if (f_inner_end) f_outer_q <= f_outer_end ? '0 : f_outer_next;
        if (f_end) f_address_q <= '0;
        else if (!fo_transposed_q) f_address_q <= f_address_q + 1'b1;
        else f_address_q <= f_inner_end ? FEED_BITS'(f_outer_next[4:2]) : f_address_q + FEED_BITS'(fo_m_q[4:2]);
        if (f_end) f_half_q <= !f_half_q;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (dispatch) begin
      fo_first_q      <= op_first;
      fo_last_q       <= op_last;
      fo_ws_q         <= op_ws;
      fo_transposed_q <= op_flags_i[sat_isa::STCE_F_TRANSPOSED] && !op_ws;
      fo_dense_q      <= op_flags_i[sat_isa::STCE_F_DENSE];
      fo_fp16_q       <= op_flags_i[sat_isa::STCE_F_OUT_FP16];
      fo_wa_q         <= op_params_i[40*sat_isa::STCE_R_WA+:16];
      fo_wstride_q    <= op_params_i[40*sat_isa::STCE_R_WSTRIDE+:16];
      fo_ra_q         <= op_params_i[40*sat_isa::STCE_R_RA+:16];
      fo_rows_q       <= op_params_i[40*sat_isa::STCE_R_ROWS+:ROW_BITS+1];
      fo_value_q      <= op_value;
      fo_index_q      <= op_index;
      fo_sr_q         <= op_sr;
      fo_sc_q         <= op_sc;
      fo_n_q          <= op_n;
      fo_m_q          <= op_params_i[40*sat_isa::STCE_R_M+:5];
      fo_slots_q      <= op_slots;
      fo_period_q     <= op_period;
      f_line_q        <= op_params_i[40*sat_isa::STCE_R_WA+:16];
      f_word_q        <= '0;
      f_step_first_q  <= 1'b1;
    end else if (f_on) begin
      if (f_end) begin
        if (!fo_ws_q) f_word_q <= f_word_q + {13'd0, fo_m_q[4:2]};
        f_step_first_q <= 1'b0;
      end
      // TRANSPOSED and WS walk on over positions; otherwise every group begins at the first row slot again.
      if (f_inner_end) f_line_q <= f_outer_end && !fo_transposed_q && !fo_ws_q ? fo_wa_q : f_line_q + fo_wstride_q;
    end
    if (f_end) begin
      step_first_q <= f_step_first_q;
      step_final_q <= no_more;
    end
  end

  // The parameters of the operation whose step waits to be computed; F may be the next operation already.
  logic so_first_q, so_last_q, so_dense_q, so_fp16_q, so_ws_q, so_half_q;
  logic [15:0] so_ra_q;
  logic [ROW_BITS:0] so_rows_q;
  logic [19:0] so_value_q, so_index_q;
  logic [3:0] so_sr_q;
  logic [4:0] so_sc_q;
  logic [4:0] so_n_q;
  logic [2:0] so_m_q;
  logic [7:0] so_slots_q, so_period_q;
  always_ff @(posedge clk_i) begin
    if (f_end) begin
      so_ws_q <= fo_ws_q;
      so_half_q <= fo_half_q;
      so_last_q <= fo_last_q;
      so_first_q <= fo_first_q;
      so_dense_q <= fo_dense_q;
      so_fp16_q <= fo_fp16_q;
      so_ra_q <= fo_ra_q;
      so_rows_q <= fo_rows_q;
      so_sr_q <= fo_sr_q;
      so_sc_q <= fo_sc_q;
      so_n_q <= fo_n_q;
      so_m_q <= fo_m_q[4:2];
      so_slots_q <= fo_slots_q;
      so_period_q <= fo_period_q;
      so_value_q <= fo_value_q;
      so_index_q <= fo_index_q;
    end
  end

  // ---- WS: load slots, n pairs for each row; rows without a group get +0 ------------------------------------------
  logic l_active_q, l_dense_q;
  logic [ROW_BITS-1:0] l_row_q;
  logic [ROW_BITS:0] l_groups_q;
  logic [4:0] l_pair_q, l_n_q;
  logic [19:0] l_value_q, l_index_q;
  logic l_pair_end;
  assign l_pair_end = l_pair_q + 5'd1 == l_n_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      l_active_q <= 1'b0;
      fo_half_q  <= 1'b0;
    end else if (dispatch && op_ws) begin
      l_active_q <= 1'b1;
      fo_half_q  <= !fo_half_q;
    end else if (l_pair_end && l_row_q == ROW_BITS'(R - 1)) begin
      l_active_q <= 1'b0;
    end
  end
  always_ff @(posedge clk_i) begin
    if (dispatch) begin
      l_dense_q  <= op_flags_i[sat_isa::STCE_F_DENSE];
      l_row_q    <= '0;
      l_groups_q <= op_params_i[40*sat_isa::STCE_R_GROUPS+:ROW_BITS+1];
      l_pair_q   <= '0;
      l_n_q      <= op_n;
      l_value_q  <= op_value;
      l_index_q  <= op_index;
    end else if (l_active_q) begin
      l_pair_q  <= l_pair_end ? '0 : l_pair_q + 5'd1;
      l_row_q   <= l_row_q + ROW_BITS'(l_pair_end);
      l_value_q <= l_value_q + 20'd1;
      l_index_q <= l_index_q + 20'(WORD_UNITS);
    end
  end

  // The rings between rows turn in (n-1)*P + WS_HOP - 1 cycles. They begin anew when nothing is in flight.
  logic ring_q, turned_q;
  logic [RING_BITS-1:0] pointer_q, ring_end_q;
  assign ring_o = ring_q;
  assign ring_turned_o = turned_q;
  assign ring_pointer_o = pointer_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      ring_q <= 1'b0;
      turned_q <= 1'b0;
      pointer_q <= '0;
    end else if (dispatch && !any) begin
      ring_q <= op_ws;
      turned_q <= 1'b0;
      pointer_q <= '0;
    end else if (pointer_q == ring_end_q) begin
      turned_q <= 1'b1;
      pointer_q <= '0;
    end else begin
      pointer_q <= pointer_q + 1'b1;
    end
  end
  always_ff @(posedge clk_i) begin
    if (dispatch && !any)
      ring_end_q <= op_ws ? RING_BITS'(({3'd0, op_n} - 8'd1) * op_period + 8'(sat_isa::T_WS_HOP - 2)) : '0;
  end

  // ---- MAC slots: the operation X -------------------------------------------------------------------------------
  logic xo_last_q, xo_first_q, xo_dense_q, xo_fp16_q, xo_ws_q, xo_half_q;
  logic [15:0] xo_ra_q;
  logic [ROW_BITS:0] xo_rows_q;
  logic [3:0] xo_sr_q;
  logic [4:0] xo_sc_q;
  logic [4:0] xo_n_q;
  logic [2:0] xo_m_q;
  logic [7:0] xo_slots_q, xo_period_q;
  logic [19:0] x_value_q, x_index_q;
  logic x_active_q, x_half_q, x_final_q, x_first_step_q, x_bank_q;
  logic [7:0] x_slot_q;
  logic [4:0] x_pair_q;
  logic [3:0] x_row_slot_q;
  logic [FEED_BITS-1:0] x_word_q;

  // In the first slot of an operation its parameters stand with its fed step.
  logic fresh;
  assign x_start = step_ready_q && !x_active_q && !(step_first_q && so_ws_q && l_active_q);
  assign fresh = x_start && step_first_q;
  logic c_last, c_first, c_dense, c_fp16, c_ws, c_half, c_final, c_first_step;
  logic [15:0] c_ra, c_partial, x_partial_q;
  logic [ROW_BITS:0] c_rows;
  logic [3:0] c_sr;
  logic [4:0] c_sc;
  logic [4:0] c_n;
  logic [2:0] c_m;
  logic [7:0] c_slots;
  logic [19:0] c_value, c_index;
  assign c_ws = fresh ? so_ws_q : xo_ws_q;
  assign c_half = fresh ? so_half_q : xo_half_q;
  assign c_partial = fresh ? so_ra_q : x_partial_q;
  assign c_last = fresh ? so_last_q : xo_last_q;
  assign c_first = fresh ? so_first_q : xo_first_q;
  assign c_dense = fresh ? so_dense_q : xo_dense_q;
  assign c_fp16 = fresh ? so_fp16_q : xo_fp16_q;
  assign c_ra = fresh ? so_ra_q : xo_ra_q;
  assign c_rows = fresh ? so_rows_q : xo_rows_q;
  assign c_sr = fresh ? so_sr_q : xo_sr_q;
  assign c_sc = fresh ? so_sc_q : xo_sc_q;
  assign c_n = fresh ? so_n_q : xo_n_q;
  assign c_m = fresh ? so_m_q : xo_m_q;
  assign c_slots = fresh ? so_slots_q : xo_slots_q;
  assign c_value = fresh ? so_value_q : x_value_q;
  assign c_index = fresh ? so_index_q : x_index_q;
  assign c_final = x_start ? step_final_q : x_final_q;
  assign c_first_step = x_start ? step_first_q : x_first_step_q;

  logic x_on, x_busy_slot, x_pair_end, x_row_end, x_end, x_op_end;
  assign x_on = x_start || x_active_q;
  assign x_busy_slot = x_slot_q < c_slots;
  assign x_row_end = x_row_slot_q + 4'd1 == c_sr;
  // Never in the first slot of a step, since a period has ACC_INTERVAL slots at least: so whether a step ends does not hang on
  // whether one begins.
  assign x_pair_end = x_active_q && x_slot_q + 8'd1 == xo_period_q;
  assign x_end = x_pair_end && x_pair_q + 5'd1 == xo_n_q;
  assign x_op_end = x_end && c_final;

  assign m_valid_o = x_on && x_busy_slot;
  assign m_first_o = x_pair_q == 5'd0 && (c_ws || (c_first && c_first_step));
  assign m_ws_o = m_valid_o && c_ws;
  assign m_half_o = x_half_q;
  assign m_word_o = x_word_q;
  assign m_slot_o = {x_bank_q, x_slot_q[SLOT_BITS-1:0]};
  assign m_weight_o = {c_half, x_pair_q[PAIR_BITS-1:0]};
  assign m_sum_o = c_ws && x_pair_q + 5'd1 == c_n;
  assign m_end_o = x_op_end && !c_last;
  assign p_valid_o = m_ws_o && x_pair_q == 5'd0 && !c_first;
  assign p_addr_o = c_partial;

  assign n_value_unit_o = l_active_q ? l_value_q : c_value;
  assign n_index_unit_o = l_active_q ? l_index_q : c_index;
  assign n_dense_o = l_active_q ? l_dense_q : c_dense;
  assign n_pair_o = l_active_q ? l_pair_q[3:0] : x_pair_q[3:0];
  assign n_zero_o = l_active_q && {1'b0, l_row_q} >= l_groups_q;

  logic next_unit;  // the next slot belongs to another column slot or pair
  assign next_unit = m_valid_o && x_row_end;
  logic [3:0] index_gap;  // after a pair: the units that fill its row of indices up to whole words
  assign index_gap = x_on && x_pair_end ? (4'd0 - c_sc[3:0]) & 4'(WORD_UNITS - 1) : 4'd0;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      x_active_q <= 1'b0;
      x_half_q <= 1'b0;
      x_bank_q <= 1'b0;
      x_slot_q <= '0;
      x_pair_q <= '0;
      x_row_slot_q <= '0;
      x_word_q <= '0;
    end else begin
      x_active_q <= x_on && !x_end;
      if (x_end) x_half_q <= !x_half_q;
      if (x_op_end && c_last) x_bank_q <= !x_bank_q;
      if (x_on) begin
        x_slot_q <= x_pair_end ? '0 : x_slot_q + 8'd1;
        if (x_pair_end) x_pair_q <= x_end ? '0 : x_pair_q + 5'd1;
      end
      if (m_valid_o) begin
        x_row_slot_q <= x_row_end ? '0 : x_row_slot_q + 4'd1;
        x_word_q <= x_row_end ? '0 : x_word_q + FEED_BITS'(c_m);
      end
    end
  end
  always_ff @(posedge clk_i) begin
    if (fresh) begin
      xo_ws_q         <= so_ws_q;
      xo_half_q       <= so_half_q;
      xo_last_q       <= so_last_q;
      xo_first_q      <= so_first_q;
      xo_dense_q      <= so_dense_q;
      xo_fp16_q       <= so_fp16_q;
      xo_ra_q         <= so_ra_q;
      xo_rows_q       <= so_rows_q;
      xo_sr_q         <= so_sr_q;
      xo_sc_q         <= so_sc_q;
      xo_n_q          <= so_n_q;
      xo_m_q          <= so_m_q;
      xo_slots_q      <= so_slots_q;
      xo_period_q     <= so_period_q;
    end
    x_partial_q <= c_partial + 16'(m_ws_o && x_pair_q == 5'd0);
    x_value_q <= c_value + 20'(next_unit);
    x_index_q <= c_index + 20'(next_unit) + 20'(index_gap);
    x_final_q <= c_final;
    x_first_step_q <= c_first_step;
  end

  // ---- drain: the tile Z ----------------------------------------------------------------------------------------
  logic z_on, z_end;
  logic [ROW_BITS-1:0] z_row;
  logic [PLACE_BITS-1:0] z_place;
  stce_drain #(.R(R), .S(S), .PLACE_BITS(PLACE_BITS)) drain (
      .clk_i(clk_i), .rst_ni(rst_ni), .push_i(x_op_end && c_last), .bank_i(x_bank_q), .ra_i(c_ra), .rows_i(c_rows),
      .sr_i(c_sr), .sc_i(c_sc), .fp16_i(c_fp16), .valid_o(z_on), .end_o(z_end), .row_o(z_row), .place_o(z_place),
      .fp16_o(o_fp16_o), .addr_o(o_addr_o));
  assign o_valid_o = z_on;
  assign d_valid_o = z_on || l_active_q;
  assign d_load_o = l_active_q;
  assign d_row_o = l_active_q ? l_row_q : z_row;
  assign d_place_o = l_active_q ? PLACE_BITS'({fo_half_q, l_pair_q[PAIR_BITS-1:0]}) : z_place;

  logic [1:0] drains_q;  // dispatched with LAST and not drained
  always_ff @(posedge clk_i) begin
    if (!rst_ni) drains_q <= '0;
    else drains_q <= drains_q + 2'(dispatch && op_last) - 2'(z_end);
  end

  // ---- ready ----------------------------------------------------------------------------------------------------
  logic step_waits, f_idle_next, x_idle_next;
  assign step_waits = (step_ready_q && !x_start) || f_end;
  assign f_idle_next = no_more && (!f_on || f_end);
  assign x_idle_next = !x_on || x_end;
  // Shapes that flow differently never overlap.
  logic mixes;
  assign mixes = op_ws != fo_ws_q || (op_ws && (op_n != fo_n_q || op_sr != fo_sr_q));
  // WS: the pairs of the operation before last are used until the last one's slots have reached all rows.
  localparam int unsigned HOLD_BITS = ROW_BITS + RING_BITS + 1;
  logic unstarted_q;
  logic [HOLD_BITS-1:0] hold_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      unstarted_q <= 1'b0;
      hold_q <= '0;
    end else begin
      if (dispatch) unstarted_q <= op_ws;
      else if (fresh) unstarted_q <= 1'b0;
      if (fresh && so_ws_q) hold_q <= HOLD_BITS'(R - 1) * (HOLD_BITS'(ring_end_q) + 1'b1) - HOLD_BITS'(2);
      else if (hold_q != '0) hold_q <= hold_q - 1'b1;
    end
  end
  assign op_ready_o = f_idle_next && (!step_waits || x_idle_next) && (op_ws || !op_first || drains_q <= 2'd1) &&
                      !(mixes && any) && !(op_ws && fo_ws_q && (unstarted_q || hold_q != '0));

  // ---- release, end, and where the sums of WS go ----------------------------------------------------------------
  stce_completion #(.R(R), .C(C)) completion (
      .clk_i(clk_i), .rst_ni(rst_ni), .dispatch_i(dispatch), .ws_i(op_ws), .drained_i(op_last),
      .fp16_i(op_flags_i[sat_isa::STCE_F_OUT_FP16]), .ra_i(op_params_i[40*sat_isa::STCE_R_RA+:16]), .ring_i(ring_q),
      .passed_i(x_op_end), .drain_end_i(z_end), .t_fed_i(t_fed_i), .t_sum_i(t_sum_i), .t_end_i(t_end_i),
      .release_o(release_o), .done_o(done_o), .any_o(any), .t_addr_o(t_addr_o), .t_fp16_o(t_fp16_o));

  logic unused;
  assign unused = &{1'b0, op_params_i, op_flags_i, x_word_q, l_pair_q};
endmodule

`default_nettype wire
