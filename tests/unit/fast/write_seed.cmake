# cmake -D OUTPUT=build_seed.cpp -P write_seed.cmake: a function that returns a random number.
string(RANDOM LENGTH 9 ALPHABET 123456789 seed)
file(WRITE "${OUTPUT}" "#include \"tests/unit/fast/build_seed.hpp\"\n\nnamespace satsim {\nstd::uint64_t build_seed() {\n    return ${seed};\n}\n}  // namespace satsim\n")
