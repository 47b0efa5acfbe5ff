// Unified sparse processing element: one FP16 x FP16 + FP32 multiply-accumulate a cycle, dense or N:M;
// docs/architecture/contract.md §5.
//
// Words of activations come from the west into the group RAM (two halves of S groups of MAXM, four banks so that a word
// of four elements is written in one cycle). MAC slots come from the north with their own (value, index) and address one
// activation and one accumulator. Drain slots come from the north too and pick up an accumulator of one row on their way
// south. Everything moves on by one element a cycle; all elements are alike.
//
// Cycle T: a slot stands in the input registers, the activation is read. T+1: multiplier. T+3: product, accumulator is
// read, adder. T+7: sum, written at the end of the cycle.
`default_nettype none

module uspe #(
    /// Largest group size.
    parameter int unsigned MAXM = 8,
    /// Accumulator slots of a bank.
    parameter int unsigned S = 8,
    /// Bits of a row number in the array.
    parameter int unsigned ROW_BITS = 2
) (
    /// Clock.
    input  wire logic                               clk_i,
    /// Synchronous reset, active low.
    input  wire logic                               rst_ni,
    /// West: a word of four elements is to be written.
    input  wire logic                               w_valid_i,
    /// West: half of the group RAM and word within it.
    input  wire logic [$clog2(S*MAXM/4):0]          w_address_i,
    /// West: four elements.
    input  wire logic [63:0]                        w_data_i,
    /// East: the same one cycle later.
    output logic                                    w_valid_o,
    output logic [$clog2(S*MAXM/4):0]               w_address_o,
    output logic [63:0]                             w_data_o,
    /// North: a MAC slot.
    input  wire logic                               m_valid_i,
    /// North: the accumulator starts from +0.
    input  wire logic                               m_first_i,
    /// North: elements of K run over words, not within them (WU).
    input  wire logic                               m_transposed_i,
    /// North: TRANSPOSED: log2(sr/4).
    input  wire logic                               m_quad_shift_i,
    /// North: half of the group RAM.
    input  wire logic                               m_half_i,
    /// North: first word of the row slot (TRANSPOSED: its quad).
    input  wire logic [$clog2(S*MAXM/4)-1:0]        m_word_i,
    /// North: TRANSPOSED: element of the word.
    input  wire logic [1:0]                         m_element_i,
    /// North: accumulator, bank and slot.
    input  wire logic [$clog2(S):0]                 m_slot_i,
    /// North: index of the pair within its group.
    input  wire logic [3:0]                         m_index_i,
    /// North: value of the pair, FP16.
    input  wire logic [15:0]                        m_value_i,
    /// North: a drain slot that has not met its row yet, and the rows it still passes.
    input  wire logic                               d_valid_i,
    input  wire logic [ROW_BITS-1:0]                d_row_i,
    /// North: the accumulator that it takes.
    input  wire logic [$clog2(S):0]                 d_slot_i,
    /// North: a drained value on its way.
    input  wire logic [31:0]                        d_data_i,
    /// South: the same one cycle later.
    output logic                                    m_valid_o,
    output logic                                    m_first_o,
    output logic                                    m_transposed_o,
    output logic                                    m_quad_shift_o,
    output logic                                    m_half_o,
    output logic [$clog2(S*MAXM/4)-1:0]             m_word_o,
    output logic [1:0]                              m_element_o,
    output logic [$clog2(S):0]                      m_slot_o,
    output logic [3:0]                              m_index_o,
    output logic [15:0]                             m_value_o,
    output logic                                    d_valid_o,
    output logic [ROW_BITS-1:0]                     d_row_o,
    output logic [$clog2(S):0]                      d_slot_o,
    output logic [31:0]                             d_data_o
);
  /*verilator no_inline_module*/
  localparam int unsigned WORDS = S * MAXM / 4;
  localparam int unsigned WORD_BITS = $clog2(WORDS);
  localparam int unsigned SLOT_BITS = $clog2(S) + 1;
  localparam int unsigned WRITE_DELAY = 1 + sat_isa::T_MUL_LATENCY + sat_isa::T_ADD_LATENCY;
  localparam int unsigned READ_DELAY = 1 + sat_isa::T_MUL_LATENCY;

  // Input registers.
  logic w_valid_q;
  logic [WORD_BITS:0] w_address_q;
  logic [63:0] w_data_q;
  logic m_valid_q, m_first_q, m_transposed_q, m_quad_shift_q, m_half_q;
  logic [WORD_BITS-1:0] m_word_q;
  logic [1:0] m_element_q;
  logic [SLOT_BITS-1:0] m_slot_q;
  logic [3:0] m_index_q;
  logic [15:0] m_value_q;
  logic d_valid_q;
  logic [ROW_BITS-1:0] d_row_q;
  logic [SLOT_BITS-1:0] d_slot_q;
  logic [31:0] d_data_q;

  always_ff @(posedge clk_i) begin
    w_valid_q <= rst_ni && w_valid_i;
    m_valid_q <= rst_ni && m_valid_i;
    d_valid_q <= rst_ni && d_valid_i;
    w_address_q <= w_address_i;
    w_data_q <= w_data_i;
    m_first_q <= m_first_i;
    m_transposed_q <= m_transposed_i;
    m_quad_shift_q <= m_quad_shift_i;
    m_half_q <= m_half_i;
    m_word_q <= m_word_i;
    m_element_q <= m_element_i;
    m_slot_q <= m_slot_i;
    m_index_q <= m_index_i;
    m_value_q <= m_value_i;
    d_row_q <= d_row_i;
    d_slot_q <= d_slot_i;
    d_data_q <= d_data_i;
  end

  assign w_valid_o = w_valid_q;
  assign w_address_o = w_address_q;
  assign w_data_o = w_data_q;
  assign m_valid_o = m_valid_q;
  assign m_first_o = m_first_q;
  assign m_transposed_o = m_transposed_q;
  assign m_quad_shift_o = m_quad_shift_q;
  assign m_half_o = m_half_q;
  assign m_word_o = m_word_q;
  assign m_element_o = m_element_q;
  assign m_slot_o = m_slot_q;
  assign m_index_o = m_index_q;
  assign m_value_o = m_value_q;

  // Group RAM: word w of a half, element i in bank i.
  logic [WORD_BITS-1:0] word;
  logic [1:0] lane;
  assign word = m_transposed_q ? (WORD_BITS'(m_index_q) << m_quad_shift_q) + m_word_q
                               : m_word_q + WORD_BITS'(m_index_q[3:2]);
  assign lane = m_transposed_q ? m_element_q : m_index_q[1:0];
  logic [63:0] read_word;
  for (genvar i = 0; i < 4; i++) begin : gen_bank
    (* ram_style = "distributed" *)
    logic [15:0] bank_q [0:2*WORDS-1];
    always_ff @(posedge clk_i) begin
      if (w_valid_q) bank_q[w_address_q] <= w_data_q[16*i+:16];
    end
    assign read_word[16*i+:16] = bank_q[{m_half_q, word}];
  end

  // Multiplier.
  logic [15:0] a_q, b_q;
  always_ff @(posedge clk_i) begin
    a_q <= read_word[16*lane+:16];
    b_q <= m_value_q;
  end
  logic [31:0] product;
  fp16_mul multiplier (.clk_i(clk_i), .a_i(a_q), .b_i(b_q), .p_o(product));

  // What travels beside: whether the slot adds, whether it only clears, and its accumulator.
  logic zero;
  assign zero = m_value_q[14:0] == 15'd0;
  logic [WRITE_DELAY-1:0] write_q;
  logic [READ_DELAY-1:0] first_q;
  logic [READ_DELAY-1:0] zero_q;
  logic [WRITE_DELAY*SLOT_BITS-1:0] slot_q;
  always_ff @(posedge clk_i) begin
    // A pair whose value is +-0 issues no MAC; at the start of a sum it leaves +0.
    write_q <= {write_q[WRITE_DELAY-2:0], rst_ni && m_valid_q && (m_first_q || !zero)};
    first_q <= {first_q[READ_DELAY-2:0], m_first_q};
    zero_q <= {zero_q[READ_DELAY-2:0], zero};
    slot_q <= {slot_q[(WRITE_DELAY-1)*SLOT_BITS-1:0], m_slot_q};
  end

  // Accumulators.
  (* ram_style = "distributed" *)
  logic [31:0] accumulator_q [0:2*S-1];
  logic [31:0] addend, augend, sum;
  assign addend = zero_q[READ_DELAY-1] ? 32'd0 : product;
  assign augend = first_q[READ_DELAY-1] ? 32'd0 : accumulator_q[slot_q[(READ_DELAY-1)*SLOT_BITS+:SLOT_BITS]];
  fp32_add adder (.clk_i(clk_i), .a_i(augend), .b_i(addend), .s_o(sum));
  always_ff @(posedge clk_i) begin
    if (write_q[WRITE_DELAY-1]) accumulator_q[slot_q[(WRITE_DELAY-1)*SLOT_BITS+:SLOT_BITS]] <= sum;
  end

  // Drain: the slot's row takes its accumulator along.
  logic here;
  assign here = d_valid_q && d_row_q == '0;
  assign d_valid_o = d_valid_q && !here;
  assign d_row_o = d_row_q - 1'b1;
  assign d_slot_o = d_slot_q;
  assign d_data_o = here ? accumulator_q[d_slot_q] : d_data_q;
endmodule

`default_nettype wire
