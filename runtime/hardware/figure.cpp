#include "runtime/hardware/figure.hpp"

namespace satsim {

Figure read_figure(const JsonCursor& at, const std::string& unit, double low, double high) {
    at.object({"value", "unit", "source", "verified"});
    Figure figure{at.at("value").number(low, high), at.at("unit").text(), at.at("source").text(),
                  at.at("verified").boolean()};
    if (figure.unit != unit) at.at("unit").fail("is \"" + figure.unit + "\", expected \"" + unit + "\"");
    return figure;
}

}  // namespace satsim
