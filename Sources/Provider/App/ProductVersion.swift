/// The version of this software, by Semantic Versioning.
public enum ProductVersion {
    /// The version, such as `0.1.0`.
    public static let current = "0.1.0"
}
