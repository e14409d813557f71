/// Why bytes are not the JSON that we accept, and where.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Problem: String, Sendable {
    case tooLarge = "more bytes than allowed"
    case tooDeep = "values nested deeper than allowed"
    case expectedValue = "expected a value"
    case expectedName = "expected a member's name in quotes"
    case expectedColon = "expected ':' after a member's name"
    case expectedCommaOrBrace = "expected ',' or '}'"
    case expectedCommaOrBracket = "expected ',' or ']'"
    case expectedEnd = "expected nothing after the value"
    case malformedNumber = "expected a number as JSON writes it"
    case malformedEscape = "expected an escape that stands for a character"
    case unterminatedString = "expected the closing quote of a string"
    case controlCharacter = "expected a control character to be escaped"
    case malformedUTF8 = "expected UTF-8"
    case duplicateName = "expected each member's name once"
  }

  package let problem: Problem
  /// The byte at which it was noticed, counted from 0.
  package let offset: Int

  package init(_ problem: Problem, at offset: Int) {
    self.problem = problem
    self.offset = offset
  }

  package var description: String {
    "\(problem.rawValue) (byte \(offset))"
  }
}
