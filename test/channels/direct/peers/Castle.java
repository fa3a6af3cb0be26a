import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Map;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.cms.CMSObjectIdentifiers;
import org.bouncycastle.asn1.cms.ContentInfo;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.*;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.OutputAEADEncryptor;
import org.bouncycastle.operator.OutputEncryptor;
import org.bouncycastle.operator.jcajce.JcaAlgorithmParametersConverter;

/** BouncyCastle as a peer: one request a line (words apart by blanks, bytes in base64), one answer a line. */
public class Castle {
  private static final Map<String, ASN1ObjectIdentifier> CIPHERS = Map.of(
      "aes-128-cbc", CMSAlgorithm.AES128_CBC, "aes-192-cbc", CMSAlgorithm.AES192_CBC, "aes-256-cbc", CMSAlgorithm.AES256_CBC,
      "aes-128-gcm", CMSAlgorithm.AES128_GCM, "aes-192-gcm", CMSAlgorithm.AES192_GCM, "aes-256-gcm", CMSAlgorithm.AES256_GCM);
  private static final Map<String, ASN1ObjectIdentifier> AGREEMENTS = Map.of(
      "sha1", CMSAlgorithm.ECDH_SHA1KDF, "sha256", CMSAlgorithm.ECDH_SHA256KDF, "sha384", CMSAlgorithm.ECDH_SHA384KDF);

  public static void main(String[] args) throws Exception {
    Security.addProvider(new BouncyCastleProvider());
    var lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      try {
        System.out.println(Base64.getEncoder().encodeToString(answer(line.split(" "))));
      } catch (Exception problem) {
        System.out.println("! " + String.valueOf(problem).replaceAll("\\s+", " "));
      }
    }
  }

  private static byte[] answer(String[] words) throws Exception {
    return switch (words[0]) {
      case "encrypt" -> encrypt(certificate(words[1]), words[2], words[3], words[4], bytes(words[5]));
      case "open" -> open(key(words[1]), bytes(words[2]));
      case "sign" -> sign(key(words[1]), certificate(words[2]), words[3], bytes(words[4]));
      case "verify" -> verify(certificate(words[1]), bytes(words[2]), bytes(words[3]));
      default -> throw new IllegalArgumentException(words[0]);
    };
  }

  private static byte[] encrypt(X509Certificate to, String transport, String digest, String cipher, byte[] content) throws Exception {
    RecipientInfoGenerator recipient = recipient(to, transport, digest);
    OutputEncryptor encryptor = new JceCMSContentEncryptorBuilder(CIPHERS.get(cipher)).setProvider("BC").build();
    if (cipher.endsWith("gcm")) {
      var generator = new CMSAuthEnvelopedDataGenerator();
      generator.addRecipientInfoGenerator(recipient);
      return generator.generate(new CMSProcessableByteArray(content), (OutputAEADEncryptor) encryptor).getEncoded();
    }
    var generator = new CMSEnvelopedDataGenerator();
    generator.addRecipientInfoGenerator(recipient);
    return generator.generate(new CMSProcessableByteArray(content), encryptor).getEncoded();
  }

  private static RecipientInfoGenerator recipient(X509Certificate to, String transport, String digest) throws Exception {
    if (transport.equals("v15")) return new JceKeyTransRecipientInfoGenerator(to).setProvider("BC");
    if (transport.equals("oaep")) {
      String name = digest.replace("sha", "SHA-");
      var spec = new OAEPParameterSpec(name, "MGF1", new MGF1ParameterSpec(name), PSource.PSpecified.DEFAULT);
      AlgorithmIdentifier id = new JcaAlgorithmParametersConverter().getAlgorithmIdentifier(PKCSObjectIdentifiers.id_RSAES_OAEP, spec);
      return new JceKeyTransRecipientInfoGenerator(to, id).setProvider("BC");
    }
    var maker = KeyPairGenerator.getInstance("EC", "BC");
    maker.initialize(((ECPublicKey) to.getPublicKey()).getParams());
    KeyPair own = maker.generateKeyPair();
    var agreement = new JceKeyAgreeRecipientInfoGenerator(AGREEMENTS.get(digest), own.getPrivate(), own.getPublic(), CMSAlgorithm.AES256_WRAP);
    return agreement.addRecipient(to).setProvider("BC");
  }

  private static byte[] open(PrivateKey key, byte[] cms) throws Exception {
    boolean authenticated = ContentInfo.getInstance(cms).getContentType().equals(CMSObjectIdentifiers.authEnvelopedData);
    RecipientInformationStore all = authenticated
        ? new CMSAuthEnvelopedData(cms).getRecipientInfos()
        : new CMSEnvelopedData(cms).getRecipientInfos();
    Recipient recipient = key.getAlgorithm().startsWith("EC")
        ? new JceKeyAgreeEnvelopedRecipient(key).setProvider("BC")
        : new JceKeyTransEnvelopedRecipient(key).setProvider("BC");
    return all.getRecipients().iterator().next().getContent(recipient);
  }

  private static byte[] sign(PrivateKey key, X509Certificate certificate, String digest, byte[] content) throws Exception {
    var generator = new CMSSignedDataGenerator();
    String algorithm = digest.toUpperCase() + (key.getAlgorithm().startsWith("EC") ? "withECDSA" : "withRSA");
    generator.addSignerInfoGenerator(new JcaSimpleSignerInfoGeneratorBuilder().setProvider("BC").build(algorithm, key, certificate));
    generator.addCertificate(new org.bouncycastle.cert.jcajce.JcaX509CertificateHolder(certificate));
    return generator.generate(new CMSProcessableByteArray(content), false).getEncoded();
  }

  private static byte[] verify(X509Certificate certificate, byte[] cms, byte[] content) throws Exception {
    var signed = new CMSSignedData(new CMSProcessableByteArray(content), cms);
    var verifier = new JcaSimpleSignerInfoVerifierBuilder().setProvider("BC").build(certificate);
    for (SignerInformation signer : signed.getSignerInfos().getSigners()) {
      if (!signer.verify(verifier)) throw new CMSException("the signature does not verify");
    }
    return new byte[0];
  }

  private static byte[] bytes(String text) {
    return Base64.getDecoder().decode(text);
  }

  private static X509Certificate certificate(String text) throws Exception {
    return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(bytes(text)));
  }

  /** PKCS#8 names the kind of key inside: the factory of the wrong kind says no. */
  private static PrivateKey key(String text) throws Exception {
    var spec = new PKCS8EncodedKeySpec(bytes(text));
    try {
      return KeyFactory.getInstance("RSA", "BC").generatePrivate(spec);
    } catch (java.security.spec.InvalidKeySpecException other) {
      return KeyFactory.getInstance("EC", "BC").generatePrivate(spec);
    }
  }
}
