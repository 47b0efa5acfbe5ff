// satsim-card without a card, for tests/cli/test_card.py: the "binary" names a verilated kernel, 4x4 or
// 8x8.
#include <array>
#include <utility>

#include "runtime/support/error.hpp"
#include "tests/unit/card/verilated_card.hpp"

namespace satsim::card {

Card open_card(const CardChoice& choice) {
    using Make = std::unique_ptr<rtl_top::TopBench> (*)(int seed);
    constexpr std::array<std::pair<const char*, Make>, 2> kKernels{
        {{"4x4", rtl_top::make_top_4x4}, {"8x8", rtl_top::make_top_8x8}}};
    for (const auto& [name, make] : kKernels) {
        if (choice.xclbin != name) continue;
        // Lives as long as the program.
        static std::unique_ptr<rtl_top::TopBench> bench;
        bench = make(1);
        return make_verilated_card(*bench);
    }
    throw InputError(choice.xclbin, "", "is no verilated kernel");
}

}  // namespace satsim::card
