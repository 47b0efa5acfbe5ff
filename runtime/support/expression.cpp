#include "runtime/support/expression.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <stdexcept>

namespace satsim {
namespace {

// Thrown and caught in this file alone.
struct Fault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

constexpr int kDeepest = 64;

// b > 0.
std::int64_t remainder(std::int64_t a, std::int64_t b) {
    return a % b < 0 ? a % b + b : a % b;
}
std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

class Parser {
  public:
    Parser(std::string_view text, const ParameterLookup& value_of) : text_(text), value_of_(value_of) {}

    std::int64_t whole() {
        const std::int64_t value = choice();
        if (peek() != '\0') throw unreadable();
        return value;
    }

  private:
    [[nodiscard]] Fault unreadable() const {
        return Fault("cannot be read from character " + std::to_string(at_ + 1) + " on");
    }

    char peek() {
        while (at_ < text_.size() && text_[at_] == ' ') ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }

    bool take(std::string_view symbol) {
        (void)peek();
        if (!text_.substr(at_).starts_with(symbol)) return false;
        at_ += symbol.size();
        return true;
    }

    void expect(std::string_view symbol) {
        if (!take(symbol)) throw Fault("lacks a \"" + std::string(symbol) + "\"");
    }

    std::int64_t choice() {
        if (++depth_ > kDeepest) throw Fault("nests too deep");
        std::int64_t value = comparison();
        if (take("?")) {
            const std::int64_t yes = branch(value != 0);
            expect(":");
            const std::int64_t no = branch(value == 0);
            value = value != 0 ? yes : no;
        }
        --depth_;
        return value;
    }

    // What is not chosen may divide by zero.
    std::int64_t branch(bool chosen) {
        dead_ += chosen ? 0 : 1;
        const std::int64_t value = choice();
        dead_ -= chosen ? 0 : 1;
        return value;
    }

    std::int64_t comparison() {
        const std::int64_t a = sum();
        if (take("==")) return a == sum() ? 1 : 0;
        if (take("!=")) return a != sum() ? 1 : 0;
        if (take("<=")) return a <= sum() ? 1 : 0;
        if (take(">=")) return a >= sum() ? 1 : 0;
        if (take("<")) return a < sum() ? 1 : 0;
        if (take(">")) return a > sum() ? 1 : 0;
        return a;
    }

    std::int64_t sum() {
        std::int64_t value = term();
        while (true) {
            if (take("+"))
                value = checked(__builtin_add_overflow(value, term(), &result_));
            else if (take("-"))
                value = checked(__builtin_sub_overflow(value, term(), &result_));
            else
                return value;
        }
    }

    std::int64_t term() {
        std::int64_t value = factor();
        while (true) {
            if (take("*"))
                value = checked(__builtin_mul_overflow(value, factor(), &result_));
            else if (take("//"))
                value = floor_div(value, divisor());
            else if (take("/"))
                value = exact(value, divisor());
            else if (take("%"))
                value = remainder(value, divisor());
            else
                return value;
        }
    }

    std::int64_t factor() {
        const char next = peek();
        if (next == '-') {
            ++at_;
            if (++depth_ > kDeepest) throw Fault("nests too deep");
            const std::int64_t value = factor();
            --depth_;
            return checked(__builtin_sub_overflow(std::int64_t{0}, value, &result_));
        }
        if (next == '(') {
            ++at_;
            const std::int64_t value = choice();
            expect(")");
            return value;
        }
        if (next == '$') return parameter();
        if (std::isdigit(static_cast<unsigned char>(next)) != 0) return number();
        if (std::isalpha(static_cast<unsigned char>(next)) != 0) return function();
        if (next == '\0') throw Fault("ends too early");
        throw unreadable();
    }

    std::int64_t number() {
        std::int64_t value = 0;
        const char* begin = text_.data() + at_;
        const auto [end, code] = std::from_chars(begin, text_.data() + text_.size(), value);
        if (code != std::errc{}) throw Fault("has a number beyond 64 bits");
        at_ += static_cast<std::size_t>(end - begin);
        return value;
    }

    std::string_view name() {
        const std::size_t begin = at_;
        while (at_ < text_.size() &&
               (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '_'))
            ++at_;
        return text_.substr(begin, at_ - begin);
    }

    std::int64_t parameter() {
        ++at_;
        const std::string_view wanted = name();
        const std::optional<std::int64_t> value = value_of_(wanted);
        if (!value) throw Fault("$" + std::string(wanted) + " is no parameter here");
        return *value;
    }

    std::int64_t function() {
        const std::string_view called = name();
        expect("(");
        const std::int64_t a = choice();
        expect(",");
        const std::int64_t b = choice();
        expect(")");
        if (called == "min") return std::min(a, b);
        if (called == "max") return std::max(a, b);
        if (called != "up")
            throw Fault("\"" + std::string(called) + "\" is no function, expected min, max or up");
        if (b < 1) throw Fault("rounds up to multiples of " + std::to_string(b));
        return checked(__builtin_add_overflow(a, (b - remainder(a, b)) % b, &result_));
    }

    std::int64_t divisor() {
        const std::int64_t b = factor();
        if (b > 0) return b;
        if (dead_ > 0) return 1;
        throw Fault("divides by " + std::to_string(b));
    }

    [[nodiscard]] std::int64_t exact(std::int64_t a, std::int64_t b) const {
        if (a % b != 0 && dead_ == 0)
            throw Fault(std::to_string(a) + " / " + std::to_string(b) + " leaves a remainder");
        return a / b;
    }

    [[nodiscard]] std::int64_t checked(bool overflow) const {
        if (overflow) throw Fault("is beyond 64 bits");
        return result_;
    }

    std::string_view text_;
    const ParameterLookup& value_of_;
    std::size_t at_ = 0;
    int depth_ = 0;
    int dead_ = 0;  // branches around that are not chosen
    std::int64_t result_ = 0;
};

}  // namespace

ExpressionValue evaluate_expression(std::string_view text, const ParameterLookup& value_of) {
    try {
        return {Parser(text, value_of).whole(), ""};
    } catch (const Fault& fault) {
        return {0, fault.what()};
    }
}

}  // namespace satsim
