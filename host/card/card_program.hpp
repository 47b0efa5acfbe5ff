// The command line of `satsim-card`.
#pragma once

namespace satsim::card {

// Exit codes: 0 done, 1 the program failed on the card, 2 bad usage or input (one line on stderr), 70 a fault
// of satsim-card.
[[nodiscard]] int card_program(int argc, char** argv);

}  // namespace satsim::card
