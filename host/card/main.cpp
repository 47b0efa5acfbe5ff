#include "host/card/card_program.hpp"

int main(int argc, char** argv) {
    return satsim::card::card_program(argc, argv);
}
