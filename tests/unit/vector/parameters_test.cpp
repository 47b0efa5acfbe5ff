// Operations that hardware cannot do are refused with a sentence.
#include "runtime/vector/parameters.hpp"

#include <gtest/gtest.h>

namespace satsim::vector {
namespace {

class Registers : public ::testing::Test {
  protected:
    Registers() {
        set(isa::vec::rows, 16);
        set(isa::vec::channels, 64);
        set(isa::vec::o0, upper_);
    }
    void set(int reg, std::int64_t value) { registers_[static_cast<std::size_t>(reg)] = value; }
    [[nodiscard]] std::string fault() const { return operation_fault(registers_, 0, config_).value_or(""); }
    isa::ArrayConfig config_;
    std::int64_t upper_ = std::int64_t{config_.vmem_lines / 2} * config_.line_words();
    std::array<std::int64_t, isa::kRegisters> registers_{};
};

TEST_F(Registers, GoodOperation) {
    EXPECT_EQ(fault(), "");
}

TEST_F(Registers, OperationNumber) {
    set(isa::vec::op, 99);
    EXPECT_EQ(fault(), "op is 99, expected 0..18");
}

TEST_F(Registers, NoRows) {
    set(isa::vec::rows, 0);
    EXPECT_EQ(fault(), "rows is 0, expected 1..16777215");
}

TEST_F(Registers, ResultsBelongToTheUpperHalf) {
    set(isa::vec::o0, upper_ - 1);
    EXPECT_NE(fault().find("o0 takes VMEM words"), std::string::npos) << fault();
}

TEST_F(Registers, OperandsBelongToTheLowerHalf) {
    set(isa::vec::a, upper_ - 16 * 16 + 1);
    EXPECT_NE(fault().find("operand 0 takes VMEM words"), std::string::npos) << fault();
}

TEST_F(Registers, PatternsOnlyUpToTheBuiltGroup) {
    set(isa::vec::op, static_cast<std::int64_t>(isa::vec::Operation::Pack));
    set(isa::vec::nm_f, 2 + 16 * 256);
    EXPECT_EQ(fault(), "nm_f is 2:16, expected 1:2 or M of 4, 8 or 16 up to 8 and N of 1..M");
    set(isa::vec::nm_f, 2 + 2 * 256);
    EXPECT_EQ(fault(), "nm_f is 2:2, expected 1:2 or M of 4, 8 or 16 up to 8 and N of 1..M");
}

TEST_F(Registers, PatternsBelongToPackingOperations) {
    set(isa::vec::nm_b, 2 + 8 * 256);
    EXPECT_EQ(fault(), "nm_f and nm_b must be 0 for an operation that does not pack");
}

TEST_F(Registers, AccumulatorsFitTheCoefficientMemory) {
    set(isa::vec::op, static_cast<std::int64_t>(isa::vec::Operation::BnStats));
    set(isa::vec::k0, isa::vec::kCmemRows - 15);
    EXPECT_EQ(fault(), "k0 is 4081, expected 0..4080");
}

}  // namespace
}  // namespace satsim::vector
