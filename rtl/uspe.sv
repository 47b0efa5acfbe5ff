// Unified sparse processing element: one FP16 x FP16 + FP32 multiply-accumulate a cycle, dense or N:M;
// docs/architecture/contract.md §5.
//
// Words of activations come from the west into the group RAM (two halves of ROW_SLOTS groups of MAXM, a word of four elements an
// entry); MAC slots come from the west beside them and address one activation and one accumulator. The slot's (value, index)
// pair comes from the north in the same cycle (OS), or was left here by an earlier load slot (WS). From the north come too:
// drain slots (OS), which pick up an accumulator of one row on their way south, load slots (WS), which leave their pair in one
// row, and partial sums (WS), which a slot that begins a sum takes up and whose sum goes south. Everything moves on by one
// element a cycle; all elements are alike.
//
// Cycle T: a slot stands in the input registers, the activation is read. T+1: multiplier. T+3: product, accumulator (or partial
// sum) is read, adder. T+7: sum, written at the end of the cycle (WS: and on its way south); the slot that stands in T+3 of its own
// then, ADD_LATENCY cycles later, takes the sum itself if it is for the same accumulator.
`default_nettype none

module uspe #(
    /// Largest group size.
    parameter int unsigned MAXM = 8,
    /// Accumulator slots of a bank.
    parameter int unsigned S = 8,
    /// Row slots of an operation at most: groups in a half of the group RAM.
    parameter int unsigned ROW_SLOTS = 8,
    /// Bits of a row number in the array.
    parameter int unsigned ROW_BITS = 2,
    /// Bits of a drain slot's accumulator or a load slot's place: the larger of log2(S), log2(MAXM), and one.
    parameter int unsigned PLACE_BITS = 4
) (
    /// Clock.
    input  wire logic                               clk_i,
    /// Synchronous reset, active low.
    input  wire logic                               rst_ni,
    /// West: elements of a word that are to be written.
    input  wire logic [3:0]                         w_enable_i,
    /// West: half of the group RAM and word within it.
    input  wire logic [$clog2(ROW_SLOTS*MAXM/4):0]          w_address_i,
    /// West: four elements, normal FP16 (fp16_normal.sv).
    input  wire logic [67:0]                        w_data_i,
    /// West: a MAC slot.
    input  wire logic                               m_valid_i,
    /// West: the sum starts here, from +0 (OS) or the partial sum from the north (WS).
    input  wire logic                               m_first_i,
    /// West: weight-stationary slot.
    input  wire logic                               m_ws_i,
    /// West: half of the group RAM.
    input  wire logic                               m_half_i,
    /// West: first word of the row slot.
    input  wire logic [$clog2(ROW_SLOTS*MAXM/4)-1:0]        m_word_i,
    /// West: accumulator, bank and slot.
    input  wire logic [$clog2(S):0]                 m_slot_i,
    /// West: WS: half of the weight RAM and pair.
    input  wire logic [$clog2(MAXM):0]              m_weight_i,
    /// East: the word one cycle later.
    output logic [3:0]                              w_enable_o,
    /// See `w_enable_o`.
    output logic [$clog2(ROW_SLOTS*MAXM/4):0]               w_address_o,
    /// See `w_enable_o`.
    output logic [67:0]                             w_data_o,
    /// East: the slot one cycle later.
    output logic                                    m_valid_o,
    /// See `m_valid_o`.
    output logic                                    m_first_o,
    /// See `m_valid_o`.
    output logic                                    m_ws_o,
    /// See `m_valid_o`.
    output logic                                    m_half_o,
    /// See `m_valid_o`.
    output logic [$clog2(ROW_SLOTS*MAXM/4)-1:0]             m_word_o,
    /// See `m_valid_o`.
    output logic [$clog2(S):0]                      m_slot_o,
    /// See `m_valid_o`.
    output logic [$clog2(MAXM):0]                   m_weight_o,
    /// North: value of a pair, normal FP16.
    input  wire logic [16:0]                        n_value_i,
    /// North: index of the pair within its group.
    input  wire logic [3:0]                         n_index_i,
    /// North: a drain or load slot that has not met its row yet.
    input  wire logic                               d_valid_i,
    /// North: it is a load slot.
    input  wire logic                               d_load_i,
    /// North: rows that it still passes.
    input  wire logic [ROW_BITS-1:0]                d_row_i,
    /// North: the accumulator that it takes, or the place in the weight RAM of its pair.
    input  wire logic [PLACE_BITS-1:0]              d_place_i,
    /// North: a drained value (OS) or partial sum (WS) on its way.
    input  wire logic [31:0]                        d_data_i,
    /// South: the same one cycle later, WS: this row's sum.
    output logic [16:0]                             n_value_o,
    /// See `n_value_o`.
    output logic [3:0]                              n_index_o,
    /// See `n_value_o`.
    output logic                                    d_valid_o,
    /// See `n_value_o`.
    output logic                                    d_load_o,
    /// See `n_value_o`.
    output logic [ROW_BITS-1:0]                     d_row_o,
    /// See `n_value_o`.
    output logic [PLACE_BITS-1:0]                   d_place_o,
    /// See `n_value_o`.
    output logic [31:0]                             d_data_o
);
  /*verilator no_inline_module*/
  localparam int unsigned WORDS = ROW_SLOTS * MAXM / 4;
  localparam int unsigned WORD_BITS = $clog2(WORDS);
  localparam int unsigned SLOT_BITS = $clog2(S) + 1;
  localparam int unsigned WEIGHT_BITS = $clog2(MAXM) + 1;
  localparam int unsigned WRITE_DELAY = 1 + sat_isa::T_MUL_LATENCY + sat_isa::T_ADD_LATENCY;
  localparam int unsigned READ_DELAY = 1 + sat_isa::T_MUL_LATENCY;

  if (sat_isa::T_ACC_INTERVAL < WRITE_DELAY - READ_DELAY) begin : gen_check
    $error("uspe: ACC_INTERVAL must be at least ADD_LATENCY, the time until a sum can be taken from the adder");
  end

  // Input registers.
  logic [3:0] w_enable_q;
  logic [WORD_BITS:0] w_address_q;
  logic [67:0] w_data_q;
  logic m_valid_q, m_first_q, m_ws_q, m_half_q;
  logic [WORD_BITS-1:0] m_word_q;
  logic [SLOT_BITS-1:0] m_slot_q;
  logic [WEIGHT_BITS-1:0] m_weight_q;
  logic [16:0] n_value_q;
  logic [3:0] n_index_q;
  logic d_valid_q, d_load_q;
  logic [ROW_BITS-1:0] d_row_q;
  logic [PLACE_BITS-1:0] d_place_q;
  logic [31:0] d_data_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      w_enable_q <= '0;
      m_valid_q <= 1'b0;
      d_valid_q <= 1'b0;
    end else begin
      w_enable_q <= w_enable_i;
      m_valid_q <= m_valid_i;
      d_valid_q <= d_valid_i;
    end
    w_address_q <= w_address_i;
    w_data_q <= w_data_i;
    m_first_q <= m_first_i;
    m_ws_q <= m_ws_i;
    m_half_q <= m_half_i;
    m_word_q <= m_word_i;
    m_slot_q <= m_slot_i;
    m_weight_q <= m_weight_i;
    n_value_q <= n_value_i;
    n_index_q <= n_index_i;
    d_load_q <= d_load_i;
    d_row_q <= d_row_i;
    d_place_q <= d_place_i;
    d_data_q <= d_data_i;
  end

  assign w_enable_o = w_enable_q;
  assign w_address_o = w_address_q;
  assign w_data_o = w_data_q;
  assign m_valid_o = m_valid_q;
  assign m_first_o = m_first_q;
  assign m_ws_o = m_ws_q;
  assign m_half_o = m_half_q;
  assign m_word_o = m_word_q;
  assign m_slot_o = m_slot_q;
  assign m_weight_o = m_weight_q;
  assign n_value_o = n_value_q;
  assign n_index_o = n_index_q;

  // A drain or load slot in its row.
  logic here;
  assign here = d_valid_q && d_row_q == '0;
  assign d_valid_o = d_valid_q && !here;
  assign d_load_o = d_load_q;
  assign d_row_o = d_row_q - 1'b1;
  assign d_place_o = d_place_q;

  // Weight RAM: pairs of two operations.
  (* ram_style = "distributed" *)
  logic [20:0] weight_q [0:2*MAXM-1];
  logic [16:0] value;
  logic [3:0] index;
  always_ff @(posedge clk_i) begin
    if (here && d_load_q) weight_q[d_place_q[WEIGHT_BITS-1:0]] <= {n_index_q, n_value_q};
  end
  assign {index, value} = m_ws_q ? weight_q[m_weight_q] : {n_index_q, n_value_q};

  // Group RAM: word w of a half, element i in bits 17*i +: 17.
  logic [WORD_BITS-1:0] word;
  logic [1:0] lane;
  assign word = m_word_q | WORD_BITS'(index[3:2]);  // a group begins at a multiple of its words
  assign lane = index[1:0];
  (* ram_style = "distributed" *)
  logic [67:0] group_q [0:2*WORDS-1];
  logic [67:0] read_word;
  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < 4; i++) begin
      if (w_enable_q[i]) group_q[w_address_q][17*i+:17] <= w_data_q[17*i+:17];
    end
  end
  assign read_word = group_q[{m_half_q, word}];

  // Multiplier. A pair whose value is +-0 issues no MAC: its product is -0, which leaves every sum as it is.
  logic [16:0] element, a_q, b_q;
  always_comb begin
    case (lane)  // not unique: its assertion would name the element and give each code of its own
      2'd0: element = read_word[16:0];
      2'd1: element = read_word[33:17];
      2'd2: element = read_word[50:34];
      default: element = read_word[67:51];
    endcase
  end
  always_ff @(posedge clk_i) begin
    a_q <= element;
    b_q <= value;
  end
  logic p_sign, p_nan;
  logic [7:0] p_exponent;
  logic [21:0] p_significand;
  fp16_mul #(.LATENCY(sat_isa::T_MUL_LATENCY), .ZERO_SKIPS(1)) multiplier (
      .clk_i(clk_i), .a_i(a_q), .b_i(b_q), .p_sign_o(p_sign), .p_exponent_o(p_exponent),
      .p_significand_o(p_significand), .p_nan_o(p_nan));

  // What travels beside: whether the slot is one, where its sum starts, and its accumulator. The reset keeps these delays in
  // flip-flops, of which there are plenty; shift registers would take a LUT each.
  logic [WRITE_DELAY-1:0] write_q, ws_q;
  logic [READ_DELAY-1:0] first_q;
  logic [WRITE_DELAY*SLOT_BITS-1:0] slot_q;
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_q <= '0;
      ws_q <= '0;
      first_q <= '0;
      slot_q <= '0;
    end else begin
      write_q <= {write_q[WRITE_DELAY-2:0], m_valid_q};
      ws_q <= {ws_q[WRITE_DELAY-2:0], m_ws_q};
      first_q <= {first_q[READ_DELAY-2:0], m_first_q};
      slot_q <= {slot_q[(WRITE_DELAY-1)*SLOT_BITS-1:0], m_slot_q};
    end
  end

  // Accumulators.
  (* ram_style = "distributed" *)
  logic [31:0] accumulator_q [0:2*S-1];
  logic [31:0] augend, sum;
  logic bypass_q;  // the sum that is written in this cycle is the accumulator that is read
  always_ff @(posedge clk_i) begin
    bypass_q <= write_q[WRITE_DELAY-2]
             && slot_q[(WRITE_DELAY-2)*SLOT_BITS+:SLOT_BITS] == slot_q[(READ_DELAY-2)*SLOT_BITS+:SLOT_BITS];
  end
  assign augend = first_q[READ_DELAY-1] ? (ws_q[READ_DELAY-1] ? d_data_q : 32'd0)
                : bypass_q ? sum : accumulator_q[slot_q[(READ_DELAY-1)*SLOT_BITS+:SLOT_BITS]];
  fp32_sum #(.LATENCY(sat_isa::T_ADD_LATENCY), .FULL(0)) adder (
      .clk_i(clk_i), .a_i(augend), .b_sign_i(p_sign), .b_exponent_i(p_exponent),
      .b_significand_i({p_significand, 3'b000}), .b_nan_i(p_nan), .s_o(sum));
  always_ff @(posedge clk_i) begin
    if (write_q[WRITE_DELAY-1]) accumulator_q[slot_q[(WRITE_DELAY-1)*SLOT_BITS+:SLOT_BITS]] <= sum;
  end

  assign d_data_o = ws_q[WRITE_DELAY-1] ? sum : here ? accumulator_q[d_place_q[SLOT_BITS-1:0]] : d_data_q;

  logic unused;
  assign unused = &{1'b0, d_place_q};
endmodule

`default_nettype wire
