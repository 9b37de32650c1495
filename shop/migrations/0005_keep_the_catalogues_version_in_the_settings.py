import shop.models
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('shop', '0004_let_the_merchant_name_hot_words'),
        ('catalog', '0006_hang_the_banners_into_a_block'),
    ]

    operations = [
        migrations.DeleteModel(
            name='Banner',
        ),
        migrations.AddField(
            model_name='shopsettings',
            name='catalogue_version',
            field=models.CharField(default=shop.models.new_version, editable=False, max_length=32),
        ),
    ]
